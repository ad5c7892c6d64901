#include "app/bench/measurements.h"

using namespace backend;

namespace app {
namespace {

// Audience k has authors of its own; author a's followers are the next `followers` readers after those of
// author a - 1.
Result<void> makeAuthors(BenchRun& run, Population& population, PreparedGroup& prepared)
{
    for (const auto& audience : prepared.group.audiences) {
        if (std::int64_t(audience.followers) * audience.authors > prepared.group.readers)
            return fail(ErrorCode::InvalidArgument,
                        "a group of the bench has too few readers for its audiences");
        run.step("follows of an audience of " + withThousands(audience.followers));
        ROOKERY_ASSIGN(auto authors, population.makeUsers(audience.authors));
        std::vector<BulkFollow> follows;
        for (int i = 0; i < audience.followers * audience.authors; ++i)
            follows.push_back(
                {prepared.readers[std::size_t(i)], authors[std::size_t(i / audience.followers)]});
        ROOKERY_TRY(population.follow(follows));
        prepared.authors.push_back(std::move(authors));
    }
    return {};
}

// One author whom all readers follow posts what every timeline holds, others with fewer followers what some
// hold beyond.
Result<std::int64_t> fillByFanout(BenchRun& run, Population& population, const PreparedGroup& prepared)
{
    const auto& group = prepared.group;
    ROOKERY_ASSIGN(const auto authors, population.makeUsers(1 + group.spread / PreparedGroup::kSpreadStep));
    std::vector<BulkFollow> follows;
    std::int64_t entries = 0;
    for (std::size_t i = 0; i < prepared.readers.size(); ++i) {
        const int extra = prepared.extraEntries(i);
        for (int k = 0; k <= extra / PreparedGroup::kSpreadStep; ++k)
            follows.push_back({prepared.readers[i], authors[std::size_t(k)]});
        entries += group.entries + extra;
    }
    ROOKERY_TRY(population.follow(follows));
    ROOKERY_TRY(run.drain());

    const Stopwatch watch;
    ROOKERY_ASSIGN(const auto common, population.post(std::span(authors).first(1), group.entries));
    ROOKERY_TRY(population.post(std::span(authors).subspan(1), PreparedGroup::kSpreadStep));
    ROOKERY_TRY(run.drain());
    const double seconds = watch.seconds();
    std::vector<PostId> posts;
    for (const auto& post : common)
        posts.push_back(post.id);
    ROOKERY_TRY(requireDelivered(run, posts, group.readers));
    run.report().add({"fill." + std::to_string(group.readers) + "_timelines.engine_deliveries_per_s",
                      "filling " + withThousands(group.readers) + " timelines: engine",
                      "deliveries/s",
                      {},
                      entries,
                      "from empty to " + withThousands(group.entries) +
                          " entries by the engine's own fan-out, from the first bulkPost until no "
                          "task is left"},
                     double(entries) / seconds);
    return entries;
}

Result<std::int64_t> fillPlainSets(BenchRun& run, PreparedGroup& prepared)
{
    const auto& group = prepared.group;
    const Stopwatch watch;
    ROOKERY_ASSIGN(prepared.plain, PlainSets::make(run, prepared.readers, group.entries));
    const auto entries = std::int64_t(group.entries) * group.readers;
    run.report().add({"fill." + std::to_string(group.readers) + "_timelines.bare_zadd_per_s",
                      "filling " + withThousands(group.readers) + " plain sets: bare ZADD",
                      "commands/s",
                      {},
                      entries,
                      "from empty to " + withThousands(group.entries) + " entries by the bare pipeline"},
                     double(entries) / watch.seconds());
    return entries;
}

void reportUsedMemory(BenchRun& run, const std::string& what, const std::string& label, std::int64_t bytes,
                      std::int64_t entries)
{
    run.report().add(
        {"memory." + what + ".used_memory_bytes_per_entry",
         label,
         "B/entry",
         {},
         entries,
         "used_memory of all Redis nodes after filling minus before, divided by the entries filled in"},
        double(bytes) / double(entries));
}

std::string preparedText(const ReaderGroup& group)
{
    return withThousands(group.readers) +
           " readers, their authors and follows: Operations' bulk calls. Their timelines hold " +
           withThousands(group.entries) +
           (group.spread > 0 ? " to " + withThousands(group.entries + group.spread) : std::string()) +
           " entries each, delivered by the engine's own fan-out of posts written with bulkPost. Beside them "
           "as many plain sorted "
           "sets of " +
           withThousands(group.entries) +
           " entries on the same nodes, filled by bare ZADDs, entry after entry into all sets.";
}

} // namespace

std::string withThousands(std::int64_t number)
{
    auto text = std::to_string(number);
    for (auto at = std::ptrdiff_t(text.size()) - 3; at > 0; at -= 3)
        text.insert(std::size_t(at), ",");
    return text;
}

Result<PreparedGroup> prepareGroup(BenchRun& run, Population& population, const ReaderGroup& group,
                                   bool first)
{
    PreparedGroup prepared;
    prepared.group = group;
    const auto count = withThousands(group.readers), entries = withThousands(group.entries);
    const auto key = std::to_string(group.readers) + "_timelines";
    run.step("making " + count + " readers");
    ROOKERY_ASSIGN(prepared.readers, population.makeUsers(group.readers));
    run.step("filling " + count + " timelines with " + entries + " entries");
    ROOKERY_ASSIGN(const auto before, run.redisBytes());
    ROOKERY_ASSIGN(const auto delivered, fillByFanout(run, population, prepared));
    ROOKERY_ASSIGN(const auto between, run.redisBytes());
    run.step("filling " + count + " plain sets with " + entries + " entries");
    ROOKERY_ASSIGN(const auto added, fillPlainSets(run, prepared));
    ROOKERY_ASSIGN(const auto after, run.redisBytes());

    const auto each = " of " + count + " with " + entries + " entries";
    reportUsedMemory(run, key + ".timeline", "Redis' memory, timelines" + each, between - before, delivered);
    reportUsedMemory(run, key + ".plain_set", "Redis' memory, plain sets" + each, after - between, added);
    if (first) ROOKERY_TRY(measureMemory(run, prepared));
    run.report().prepared.push_back(preparedText(group));
    ROOKERY_TRY(makeAuthors(run, population, prepared));
    ROOKERY_TRY(run.drain());
    return prepared;
}

} // namespace app
