// Nodes of a private cluster, put out of order and right again: dead, silent (stopped, with its connections
// held) or slow (it accepts connections and statements, and answers none: PostgreSQL because all its tables
// are locked, Redis because it was told to pause). Owned by a test; its thread. Mended at the latest with the
// object.
#pragma once

#include "backend/common/sql.h"
#include "tests/support/private_cluster.h"

#include <map>

namespace tests {

enum class Manner { Dead, Silent, Slow };

class BrokenNodes
{
public:
    explicit BrokenNodes(PrivateCluster& cluster)
        : m_cluster(cluster)
    {
    }
    ~BrokenNodes();
    BrokenNodes(const BrokenNodes&) = delete;
    BrokenNodes& operator=(const BrokenNodes&) = delete;

    // Throw when that fails.
    void breakNode(const std::string& name, Manner manner);
    void mend(); // a Redis node that was dead or slow begins empty

private:
    struct Locks // of every table of a node
    {
        std::unique_ptr<backend::SqlPool> pool;
        backend::SqlPool::Lease connection;
    };
    Locks lockAll(const backend::EmbeddedNode& node);
    void mendNode(const std::string& name, Manner manner);

    PrivateCluster& m_cluster;
    std::map<std::string, Manner> m_broken;
    std::map<std::string, Locks> m_locks;
};

} // namespace tests
