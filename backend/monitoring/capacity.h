// From weighed timelines to what an operator asks: bytes per timeline, readers per GiB, the price of another
// cap. The judgement is a pure function; measuring takes a thread per Redis node. Any thread.
#pragma once

#include "backend/cache/memory_sample.h"
#include "backend/domain/capacity.h"
#include "backend/domain/cluster.h"
#include "backend/domain/snapshot.h"

#include <span>
#include <vector>

namespace backend {

inline constexpr int kReadersSampledPerNode = 1'000;

struct SampledNode
{
    int id = 0;
    std::string name;
    Result<MemorySample> sample;
};

// Every node on a thread and a client of its own.
std::vector<SampledNode> sampleNodes(const std::vector<NodeEndpoint>& redisNodes, int readersPerNode,
                                     Deadline deadline);

// `caps` empty: a quarter, a half and the whole of the present one.
Capacity judgeCapacity(const std::vector<SampledNode>& nodes, int presentCap, std::span<const int> caps);

// How many of the nodes share a machine, by the host of their addresses.
void countMachines(Capacity& capacity, const std::vector<NodeEndpoint>& redisNodes);

// How used memory grew over the history's window, when that is long enough to tell.
void addGrowth(Capacity& capacity, const ClusterSnapshot& snapshot, const std::vector<HistoryPoint>& history);

} // namespace backend
