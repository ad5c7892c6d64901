// Bare Redis commands through hiredis' own connections and pipelines: the physical reference that a bench
// holds the engine against. It knows nothing of timelines, floors or objects, and nothing of the engine uses
// it. One thread at a time.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/domain/cluster.h"

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace backend {

struct PlainKey
{
    int node = 0;
    std::string key;
};

struct PlainEntry
{
    std::string score, member;
};

class BarePipeline
{
public:
    // One connection per node. Only servers without a password: it is meant for private ones.
    [[nodiscard]] static Result<std::unique_ptr<BarePipeline>>
    connect(const std::vector<NodeEndpoint>& redisNodes, Deadline deadline);
    ~BarePipeline();
    BarePipeline(const BarePipeline&) = delete;
    BarePipeline& operator=(const BarePipeline&) = delete;

    // One ZADD per entry and set, entry after entry, in pipelines of kPipelineCommands; all nodes at once,
    // each with a second pipeline under way while the first one's replies are read. A node silent for ten
    // seconds is an error.
    static constexpr std::size_t kPipelineCommands = 1'000;
    [[nodiscard]] Result<void> addToAll(std::span<const PlainKey> sets, std::span<const PlainEntry> entries,
                                        const std::stop_token& stop);
    // ZREVRANGE 0 count-1.
    [[nodiscard]] Result<std::vector<std::string>> newest(const PlainKey& set, int count);
    // MGET: one per node that holds any of the keys, all sent before the first reply is read. Value i belongs
    // to key i; empty where there is none.
    [[nodiscard]] Result<std::vector<std::string>> values(std::span<const PlainKey> keys);

private:
    struct Lane;
    BarePipeline();
    [[nodiscard]] Result<Lane*> laneOf(int node);

    std::vector<std::unique_ptr<Lane>> m_lanes;
};

} // namespace backend
