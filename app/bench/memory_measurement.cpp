#include "app/bench/measurements.h"

#include <map>
#include <set>

using namespace backend;

namespace app {
namespace {

// Every key of these readers' home timelines, whatever the layout: {17}:home… with the reader's id in it.
Result<std::map<UserId, std::vector<std::string>>> keysOfHomes(BenchRun& run, int node,
                                                               const std::set<UserId>& readers)
{
    std::map<UserId, std::vector<std::string>> keys;
    std::string cursor = "0";
    do {
        ROOKERY_TRY(run.goOn());
        ROOKERY_ASSIGN(
            const auto reply,
            run.redis().command(node, {"SCAN", cursor, "MATCH", "*:home*", "COUNT", "2000"}, callDeadline()));
        cursor = reply.elements.at(0).text;
        for (const auto& key : reply.elements.at(1).elements)
            for (std::size_t at = 0; (at = key.text.find(':', at)) != std::string::npos; ++at) {
                const UserId reader{std::atoll(key.text.c_str() + at + 1)};
                if (readers.contains(reader)) keys[reader].push_back(key.text);
            }
    } while (cursor != "0");
    return keys;
}

Result<std::int64_t> bytesOf(BenchRun& run, int node, const std::vector<std::string>& keys)
{
    std::int64_t bytes = 0;
    for (const auto& key : keys) {
        ROOKERY_ASSIGN(const auto usage,
                       run.redis().command(node, {"MEMORY", "USAGE", key, "SAMPLES", "0"}, callDeadline()));
        bytes += usage.integer;
    }
    return bytes;
}

} // namespace

Result<void> measureMemory(BenchRun& run, const PreparedGroup& prepared)
{
    run.step("measuring bytes per entry");
    const int node = run.timelinesNode(prepared.readers.front().shard());
    std::vector<std::size_t> sampled;
    std::set<UserId> readers;
    for (std::size_t i = 0; i < prepared.readers.size() && int(sampled.size()) < run.sizes().memorySamples;
         ++i) {
        const bool exact = prepared.extraEntries(i) == 0;
        if (!exact || run.timelinesNode(prepared.readers[i].shard()) != node) continue;
        sampled.push_back(i);
        readers.insert(prepared.readers[i]);
    }
    ROOKERY_ASSIGN(const auto keys, keysOfHomes(run, node, readers));
    const auto entries = withThousands(prepared.group.entries);
    for (const auto i : sampled) {
        const auto found = keys.find(prepared.readers[i]);
        ROOKERY_ASSIGN(const auto slice,
                       run.timelines().read(run.redis(), TimelineFamily::Home, prepared.readers[i], {}, {},
                                            2 * prepared.group.entries, callDeadline()));
        if (found == keys.end() || int(slice.entries.size()) != prepared.group.entries)
            return fail(ErrorCode::Internal, "a prepared timeline holds " +
                                                 std::to_string(slice.entries.size()) +
                                                 " entries instead of " + entries);
        ROOKERY_ASSIGN(const auto timeline, bytesOf(run, node, found->second));
        ROOKERY_ASSIGN(const auto plain, bytesOf(run, node, {prepared.plain.keys()[i].key}));
        const double perEntry = double(timeline) / prepared.group.entries;
        run.report().add({"memory.timeline.bytes_per_entry",
                          "One timeline of " + entries + " entries",
                          "B/entry",
                          {},
                          1,
                          "MEMORY USAGE (SAMPLES 0) of all keys of one home timeline, floor included, "
                          "divided by its entries; a "
                          "round is one timeline"},
                         perEntry);
        run.report().add({"memory.plain_set.bytes_per_entry",
                          "One plain set of " + entries + " entries",
                          "B/entry",
                          {},
                          1,
                          "MEMORY USAGE (SAMPLES 0) of one plain sorted set with as many entries"},
                         double(plain) / prepared.group.entries);
        run.report().addRatio("bytes_per_entry", perEntry,
                              "bytes, MEMORY USAGE of all keys of one timeline / its entries");
    }
    return {};
}

} // namespace app
