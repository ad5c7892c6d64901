// One T for each of some Redis nodes, which several clients may share. Thread-safe as far as T is: the nodes
// never change.
#pragma once

#include "backend/domain/cluster.h"

#include <map>
#include <vector>

namespace backend {

template <class T>
class RedisPerNode
{
public:
    using Node = T;

    explicit RedisPerNode(const std::vector<NodeEndpoint>& nodes)
    {
        for (const auto& node : nodes)
            m_nodes[node.id]; // made in place
    }
    T* of(int node)
    {
        const auto found = m_nodes.find(node);
        return found == m_nodes.end() ? nullptr : &found->second;
    }

private:
    std::map<int, T> m_nodes;
};

} // namespace backend
