#include "app/bench/measurements.h"

#include <algorithm>
#include <numeric>

using namespace backend;

namespace app {
namespace {

constexpr int kPage = 20;
constexpr std::size_t kPlainEntries = 800;
constexpr std::size_t kBelowPage =
    60; // of timelines of 800 to 1,004 entries: the first ones come from PostgreSQL
constexpr std::size_t kWalked = 16; // pages of one walk that are timed: two reads ahead of eight pages each
constexpr std::size_t kWalkedBefore = 8; // and those before them, until so much is read ahead

std::string plainBodyKey(PostId post)
{
    return "{" + std::to_string(post.shard()) + "}:plain-body:" + memberOf(post);
}

// The same entries and bodies as plain keys, placed as the engine places its own: the set with the reader, a
// body with its author.
class PlainPages
{
public:
    PlainPages(BenchRun& run, const PageWorld& world)
        : m_run(run)
        , m_world(world)
    {
    }

    Result<void> make()
    {
        const auto newest = std::span(m_world.posts).first(std::min(kPlainEntries, m_world.posts.size()));
        RedisBatch batch(m_run.redis());
        for (const auto& post : newest)
            batch.add(m_run.timelinesNode(post.id.shard()), {"SET", plainBodyKey(post.id), post.body});
        for (const auto reader : m_world.readers) {
            const auto set = setOf(reader);
            for (auto post = newest.rbegin(); post != newest.rend(); ++post)
                batch.add(set.node, {"ZADD", set.key, std::to_string(unixMillisecondsOf(post->id.value)),
                                     memberOf(post->id)});
        }
        return batch.run(bulkDeadline());
    }

    Result<double> read(UserId reader)
    {
        const auto set = setOf(reader);
        const Stopwatch watch;
        ROOKERY_ASSIGN(const auto members, m_run.bare().newest(set, kPage));
        std::vector<PlainKey> keys;
        for (const auto& member : members)
            if (const auto post = postOfMember(member))
                keys.push_back({m_run.timelinesNode(post->shard()), plainBodyKey(*post)});
        ROOKERY_ASSIGN(const auto bodies, m_run.bare().values(keys));
        const double took = watch.milliseconds();
        if (bodies.size() != kPage ||
            std::any_of(bodies.begin(), bodies.end(), [](const auto& body) { return body.empty(); }))
            return fail(ErrorCode::Internal, "the plain page that the engine is compared with is not whole");
        return took;
    }

private:
    PlainKey setOf(UserId reader) const
    {
        return {m_run.timelinesNode(reader.shard()),
                "{" + std::to_string(reader.shard()) + "}:plain:" + std::to_string(reader.value)};
    }

    BenchRun& m_run;
    const PageWorld& m_world;
};

// A page of the engine, checked against what was posted. `first`: how many entries lie above it.
Result<double> readPage(BenchRun& run, const PageWorld& world, UserId reader, std::size_t first)
{
    PageQuery query;
    query.limit = kPage;
    if (first > 0) query.before = world.posts[first - 1].id;
    const Stopwatch watch;
    ROOKERY_ASSIGN(const auto page, run.feed().homePage(reader, query, callDeadline()));
    const double took = watch.milliseconds();
    bool right = !page.partial && page.entries.size() == kPage;
    for (std::size_t i = 0; right && i < kPage; ++i)
        right = page.entries[i].id == world.posts[first + i].id &&
                page.entries[i].body == world.posts[first + i].body && !page.entries[i].authorHandle.empty();
    if (!right)
        return fail(
            ErrorCode::Internal,
            "a page that was timed does not hold the entries that it must: nothing is worth measuring");
    return took;
}

void reportPageTimes(BenchReport& report, const std::string& key, const std::string& label,
                     const std::vector<double>& times, const std::string& note)
{
    const auto count = std::int64_t(times.size());
    report.add({"page." + key + ".p50_ms", label + ", p50", "ms", {}, count, note}, quantile(times, 0.50));
    report.add({"page." + key + ".p99_ms", label + ", p99", "ms", {}, count, note}, quantile(times, 0.99));
}

struct PageTimes
{
    std::vector<double> bare, warm, first, below, deep, walked;
};

// One of each kind after the other, so that noise meets all.
Result<PageTimes> timePages(BenchRun& run, const PageWorld& world, PlainPages& plain, std::size_t deepFirst,
                            int pages)
{
    constexpr auto belowFirst = (kBelowPage - 1) * kPage;
    PageTimes times;
    const auto into = [](std::vector<double>& list, const Result<double>& took) -> Result<void> {
        ROOKERY_TRY(took);
        list.push_back(*took);
        return {};
    };
    for (int i = 0; i < pages; ++i) {
        ROOKERY_TRY(run.goOn());
        const auto reader = world.readers[std::size_t(i) % world.readers.size()];
        ROOKERY_TRY(into(times.bare, plain.read(reader)));
        ROOKERY_TRY(into(times.warm, readPage(run, world, reader, 0)));
    }
    for (int i = 0; i < pages; ++i) {
        ROOKERY_TRY(run.goOn());
        const auto reader = world.readers[std::size_t(i) % world.readers.size()];
        ROOKERY_TRY(into(times.first, readPage(run, world, reader, 0)));
        ROOKERY_TRY(into(times.below, readPage(run, world, reader, std::min(belowFirst, deepFirst))));
        ROOKERY_TRY(into(times.deep, readPage(run, world, reader, deepFirst)));
    }
    // Every page of a walk that ends with the deepest, the costly ones among them, by turns with page 1.
    for (int i = 0; i * int(kWalked) < pages; ++i) {
        ROOKERY_TRY(run.goOn());
        const auto reader = world.readers[std::size_t(i) % world.readers.size()];
        const auto back = std::min(kWalked + kWalkedBefore, deepFirst / kPage);
        for (std::size_t left = back; left > 0; --left) {
            const auto took = readPage(run, world, reader, deepFirst - (left - 1) * kPage);
            if (left > kWalked) {
                ROOKERY_TRY(took);
                continue;
            }
            ROOKERY_TRY(into(times.walked, took));
            ROOKERY_TRY(into(times.first, readPage(run, world, reader, 0)));
        }
    }
    return times;
}

double meanOf(const std::vector<double>& times)
{
    return std::accumulate(times.begin(), times.end(), 0.0) / double(std::max<std::size_t>(times.size(), 1));
}

} // namespace

Result<void> measurePages(BenchRun& run, const PageWorld& world)
{
    const int deepPage = run.sizes().deepPage;
    const auto deepFirst = std::size_t(deepPage - 1) * kPage;
    if (world.posts.size() < deepFirst + kPage)
        return fail(ErrorCode::InvalidArgument,
                    "the bench's writers have too few posts for its deepest page");
    run.step("pages: warming up");
    PlainPages plain(run, world);
    ROOKERY_TRY(plain.make());
    ROOKERY_TRY(timePages(run, world, plain, deepFirst, int(world.readers.size())));
    auto& report = run.report();
    const auto below = std::min(kBelowPage, std::size_t(deepPage));
    const auto deep = "page " + withThousands(deepPage);
    for (int round = 0; round < run.sizes().rounds; ++round) {
        run.step("pages, round " + std::to_string(round + 1));
        ROOKERY_ASSIGN(const auto times, timePages(run, world, plain, deepFirst, run.sizes().pagesPerRound));
        reportPageTimes(
            report, "bare", "Bare ZREVRANGE + MGET", times.bare,
            "hiredis, the same entries and bodies as plain keys on the same nodes: one ZREVRANGE, "
            "then one MGET per node that "
            "holds bodies of the page, sent together");
        reportPageTimes(report, "warm", "Home page of 20, warm", times.warm,
                        "Feed::homePage with bodies and handles, one reader at a time");
        reportPageTimes(report, "first", "Home page 1", times.first, "taken in turn with " + deep);
        const auto merged = "below the cap, from PostgreSQL, merged from " +
                            std::to_string(world.writers.size()) + " authors";
        reportPageTimes(report, "below", "Home page " + std::to_string(below), times.below, merged);
        reportPageTimes(report, "deep", "Home " + deep + ", jumped to", times.deep, merged);
        const auto walked = std::to_string(kWalked) + " pages up to page " + withThousands(deepPage);
        reportPageTimes(report, "walked", walked, times.walked,
                        merged + "; one after the other, as a reader pages on");
        report.add({"page.walked.mean_ms",
                    walked + ", mean",
                    "ms",
                    {},
                    std::int64_t(times.walked.size()),
                    "with those that read ahead"},
                   meanOf(times.walked));
        report.add({"page.first.mean_ms",
                    "Home page 1, mean",
                    "ms",
                    {},
                    std::int64_t(times.first.size()),
                    "taken in turn with " + deep + " and the pages up to it"},
                   meanOf(times.first));
        report.addRatio("warm_page_vs_bare", quantile(times.warm, 0.5) / quantile(times.bare, 0.5),
                        "p50 of a warm home page of 20 with bodies / p50 of the bare commands");
        report.addRatio("page_1000_vs_page_1", meanOf(times.walked) / meanOf(times.first),
                        "mean of the " + walked + " that a reader pages through / mean of page 1");
        report.addRatio("page_1000_jumped_vs_page_1", quantile(times.deep, 0.5) / quantile(times.first, 0.5),
                        "p50 of " + deep + " by a cursor that no page gave / p50 of page 1");
        report.addRatio("page_1000_vs_page_" + std::to_string(below),
                        quantile(times.deep, 0.5) / quantile(times.below, 0.5),
                        "p50 of " + deep + " / p50 of a page that is also below the cap");
    }
    return {};
}

} // namespace app
