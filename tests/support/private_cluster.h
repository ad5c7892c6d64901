// Private servers for one test, in a temporary directory, gone with the object. A machine on which they
// cannot start fails the test: start() throws, which Qt Test reports. Owned by the test; the test's thread.
#pragma once

#include "backend/embedded/embedded_servers.h"

#include <memory>
#include <string>
#include <vector>

namespace tests {

class PrivateCluster
{
public:
    static std::unique_ptr<PrivateCluster> start(int postgresNodes = 1, int redisNodes = 1);

    backend::EmbeddedServers& servers() { return *m_servers; }
    std::vector<backend::EmbeddedNode> nodes() const { return m_servers->nodes(); }
    backend::EmbeddedNode node(const std::string& name) const; // "pg-1", "redis-1"; throws for another
    std::vector<backend::NodeEndpoint> endpoints() const;      // as the directory records them

private:
    explicit PrivateCluster(std::unique_ptr<backend::EmbeddedServers> servers)
        : m_servers(std::move(servers))
    {
    }
    std::unique_ptr<backend::EmbeddedServers> m_servers;
};

} // namespace tests
