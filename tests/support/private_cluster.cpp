#include "tests/support/private_cluster.h"

#include <chrono>
#include <stdexcept>

namespace tests {

std::unique_ptr<PrivateCluster> PrivateCluster::start(int postgresNodes, int redisNodes)
{
    backend::EmbeddedOptions options;
    options.postgresNodes = postgresNodes;
    options.redisNodes = redisNodes;
    // Generous: sanitizers and a busy machine make everything slower, and nothing is measured here.
    auto servers =
        backend::EmbeddedServers::start(options, backend::Deadline::after(std::chrono::seconds(60)));
    if (!servers)
        throw std::runtime_error("The test's private servers did not start: " + servers.error().message);
    return std::unique_ptr<PrivateCluster>(new PrivateCluster(std::move(*servers)));
}

backend::EmbeddedNode PrivateCluster::node(const std::string& name) const
{
    for (auto& node : m_servers->nodes())
        if (node.name == name) return node;
    throw std::out_of_range("The test has no node " + name);
}

std::vector<backend::NodeEndpoint> PrivateCluster::endpoints() const
{
    std::vector<backend::NodeEndpoint> endpoints;
    for (auto& node : m_servers->nodes())
        endpoints.push_back(node);
    return endpoints;
}

} // namespace tests
