#include "app/bench/measurements.h"

using namespace backend;

namespace app {
namespace {

// Audience k has authors of its own; author a's followers are the next `followers` readers after those of author a - 1.
Result<void> makeAuthors(BenchRun& run, Population& population, PreparedGroup& prepared)
{
    for (const auto& audience : prepared.group.audiences) {
        if (std::int64_t(audience.followers) * audience.authors > prepared.group.readers)
            return fail(ErrorCode::InvalidArgument, "a group of the bench has too few readers for its audiences");
        run.step("follows of an audience of " + withThousands(audience.followers));
        ROOKERY_ASSIGN(auto authors, population.makeUsers(audience.authors));
        std::vector<BulkFollow> follows;
        for (int i = 0; i < audience.followers * audience.authors; ++i)
            follows.push_back({prepared.readers[std::size_t(i)], authors[std::size_t(i / audience.followers)]});
        ROOKERY_TRY(population.follow(follows));
        prepared.authors.push_back(std::move(authors));
    }
    return {};
}

void reportUsedMemory(BenchRun& run, const std::string& what, const std::string& label, std::int64_t bytes, std::int64_t entries)
{
    run.report().add({"memory." + what + ".used_memory_bytes_per_entry", label, "B/entry", {}, entries,
                      "used_memory of all Redis nodes after filling minus before, divided by the entries filled in"},
                     double(bytes) / double(entries));
}

} // namespace

std::string withThousands(std::int64_t number)
{
    auto text = std::to_string(number);
    for (auto at = std::ptrdiff_t(text.size()) - 3; at > 0; at -= 3) text.insert(std::size_t(at), ",");
    return text;
}

Result<PreparedGroup> prepareGroup(BenchRun& run, Population& population, const ReaderGroup& group, bool first)
{
    PreparedGroup prepared;
    prepared.group = group;
    const auto count = withThousands(group.readers), entries = withThousands(group.entries);
    const auto key = std::to_string(group.readers) + "_timelines";
    run.step("making " + count + " readers");
    ROOKERY_ASSIGN(prepared.readers, population.makeUsers(group.readers));
    ROOKERY_TRY(makeAuthors(run, population, prepared));
    ROOKERY_TRY(run.drain());

    run.step("filling " + count + " timelines with " + entries + " entries");
    ROOKERY_ASSIGN(const auto before, run.redisBytes());
    ROOKERY_ASSIGN(const auto filled, population.fillTimelines(prepared.readers, group.entries, group.spread));
    ROOKERY_ASSIGN(const auto between, run.redisBytes());
    run.step("filling " + count + " plain sets with " + entries + " entries");
    ROOKERY_ASSIGN(prepared.plain, PlainSets::make(run, prepared.readers, group.entries));
    ROOKERY_ASSIGN(const auto after, run.redisBytes());

    const auto each = " of " + count + " with " + entries + " entries";
    reportUsedMemory(run, key + ".timeline", "Redis' memory, timelines" + each, between - before, filled);
    reportUsedMemory(run, key + ".plain_set", "Redis' memory, plain sets" + each, after - between, std::int64_t(group.entries) * group.readers);
    if (first) ROOKERY_TRY(measureMemory(run, prepared));
    run.report().prepared.push_back(
        count + " readers, their authors and follows: Operations' bulk calls. Their timelines hold " + entries
        + (group.spread > 0 ? " to " + withThousands(group.entries + group.spread) : std::string())
        + " entries each, put in through the engine's own timelines (the commands of a follow's backfill), ids of posts that do not "
          "exist. Beside them as many plain sorted sets of " + entries + " entries on the same nodes, one by ZADD per node, the others "
          "by COPY.");
    return prepared;
}

} // namespace app
