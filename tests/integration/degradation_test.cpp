// Pages while nodes are dead, silent or slow, and overload: each call returns by its deadline, with a typed
// error that names what is wrong, or with as much of the page as can still be read. Reads degrade in a stated
// order: object cache, PostgreSQL, entries without bodies, marked.
#include <QTest>

#include "tests/integration/degraded_cluster.h"
#include "tests/support/lateness.h"

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

using namespace backend;
using namespace tests;

namespace {

constexpr std::chrono::milliseconds kDeadline{600};

enum class Outcome { Whole, Partial, Error }; // ever less
constexpr std::array<const char*, 3> kOutcomes{"whole", "partial", "an error"};
constexpr auto kNotCached = "home, bodies not cached";

} // namespace

class DegradationTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_all = std::make_unique<DegradedCluster>(); }
    void cleanupTestCase() { m_all.reset(); }
    void pages_data();
    void pages();
    void aSilentNodeCostsTimeOnce();
    void publicPageWithoutASilentShard();
    void aShortDeadlineCostsNobodyElseThePublicPage();
    void whatRedisDoesNotAnswerIsAMiss();
    void whatLetsItsCallerDownIsCounted();
    void overloadIsRefusedEarly_data();
    void overloadIsRefusedEarly();
    void allIsWellAfterwards();

private:
    struct Answer
    {
        Result<TimelinePage> page; // empty where something else was asked for
        Outcome outcome;
    };
    void warm(const QStringList& pages);
    static std::ptrdiff_t lacking(const Answer& answer);
    Answer ask(Feed& feed, const QString& page, Deadline deadline);

    std::unique_ptr<DegradedCluster> m_all;
};

// Which node is away matters to a page where it is the users' or the posts': each is asked of an engine of
// its own. Any other leaves all of them whole: those are asked one after the other, each row beginning with
// another.
void DegradationTest::pages_data()
{
    struct Row
    {
        const char* page;
        Outcome users, posts;
    };
    using enum Outcome;
    const std::vector<Row> rows{
        {"home", Whole, Whole},
        {kNotCached, Whole, Partial},
        {"home, across the floor", Partial, Partial},
        {"home, below the floor", Error, Error},
        {"author", Whole, Whole},
        {"public", Whole, Whole},
        {"counters", Whole, Whole},
        {"profile", Error, Whole},
        {"following", Error, Whole},
    };
    QTest::addColumn<QStringList>("pages");
    QTest::addColumn<int>("broken");
    QTest::addColumn<int>("manner");
    QTest::addColumn<int>("expected");
    const auto add = [](const char* name, const QStringList& pages, Broken broken, Manner manner,
                        Outcome expected) {
        QTest::addRow("%s: %s %s", name, kBroken[std::size_t(broken)], kManners[std::size_t(manner)])
            << pages << int(broken) << int(manner) << int(expected);
    };
    QStringList all;
    for (const auto& row : rows)
        all << row.page;
    for (const auto broken : kAllBroken)
        for (const auto manner : kAllManners) {
            if (broken != Users && broken != Posts) {
                add("all", all, broken, manner, Whole);
                std::rotate(all.begin(), all.begin() + 1, all.end());
                continue;
            }
            for (const auto& row : rows)
                add(row.page, {row.page}, broken, manner, broken == Users ? row.users : row.posts);
        }
}

// What was read a moment ago is cached.
void DegradationTest::warm(const QStringList& pages)
{
    take(m_all->feed().homePage(m_all->reader, {.before = {}, .after = {}, .limit = 40}, soon()));
    take(m_all->feed().authorPage(m_all->author, {.before = {}, .after = {}, .limit = 40}, soon()));
    take(m_all->feed().publicPage({}, soon()));
    take(m_all->feed().counters(m_all->author, soon()));
    take(m_all->engine().operations().rebuildTimeline(m_all->shortReader, soon()));
    m_all->makeFloor(m_all->shortReader, m_all->posts[20]);
    if (pages.contains(kNotCached)) m_all->forgetBodies();
    if (pages.contains("public")) QTest::qWait(1'100); // the page of a moment ago is forgotten
}

DegradationTest::Answer DegradationTest::ask(Feed& feed, const QString& page, Deadline deadline)
{
    const PageQuery twenty{.before = {}, .after = {}, .limit = 20};
    const auto judged = [](Result<TimelinePage> result, std::size_t whole) -> Answer {
        if (!result) return {std::move(result), Outcome::Error};
        const auto outcome = result->partial                   ? Outcome::Partial
                             : result->entries.size() == whole ? Outcome::Whole
                                                               : Outcome::Error;
        return {std::move(result), outcome};
    };
    const auto other = [](const auto& result, bool right = true) -> Answer {
        if (!result) return {fail(result.error()), Outcome::Error};
        return {TimelinePage(), right ? Outcome::Whole : Outcome::Error};
    };
    if (page.startsWith("home, across"))
        return judged(feed.homePage(m_all->shortReader, {.before = {}, .after = {}, .limit = 40}, deadline),
                      40);
    if (page.startsWith("home, below"))
        return judged(feed.homePage(m_all->shortReader,
                                    {.before = m_all->posts[20], .after = {}, .limit = 20}, deadline),
                      20);
    if (page.startsWith("home")) return judged(feed.homePage(m_all->reader, twenty, deadline), 20);
    if (page == "author") return judged(feed.authorPage(m_all->author, twenty, deadline), 20);
    if (page == "public") return judged(feed.publicPage(twenty, deadline), 20);
    if (page == "profile") return other(feed.profile(m_all->author, deadline));
    if (page == "following") return other(feed.following(m_all->reader, {}, 10, deadline));
    const auto counters = feed.counters(m_all->author, deadline);
    return other(counters, counters && counters->posts == 40);
}

// Entries without a body.
std::ptrdiff_t DegradationTest::lacking(const Answer& answer)
{
    if (!answer.page) return 0;
    return std::count_if(answer.page->entries.begin(), answer.page->entries.end(),
                         [](const auto& entry) { return entry.bodyMissing; });
}

// What is to come back is so for any deadline that leaves the machine the time for it: one that is very busy
// is given more, and asked again.
void DegradationTest::pages()
{
    QFETCH(QStringList, pages);
    QFETCH(int, broken);
    QFETCH(int, manner);
    QFETCH(int, expected);
    Answer answer{fail(ErrorCode::Internal, "not asked"), Outcome::Error};
    std::shared_ptr<app::OpenedSession> fresh;
    QString page;
    for (auto given = kDeadline; given <= 8 * kDeadline; given *= 2) {
        warm(pages);
        fresh = connectTo(m_all->config, 0); // knows nobody yet
        m_all->breakNodes(broken, Manner(manner));
        // The restorer may have put some back since: a node that was dead before began empty.
        if (broken == Posts && pages.contains(kNotCached)) m_all->forgetBodies();
        for (const auto& next : pages) {
            page = next;
            const Lateness lateness;
            answer = ask(fresh->engine().feed(), page, Deadline::after(given));
            const bool inTime = lateness.inTime(given);
            const auto times = page.toStdString() + ": " + lateness.text(given);
            if (!answer.page) qInfo("%s", answer.page.error().message.c_str());
            if (!inTime) m_all->mend();
            QVERIFY2(inTime, times.c_str());
            if (int(answer.outcome) > expected) break;
        }
        m_all->mend();
        // More time would make it no less; but a cache that was not read in time may leave bodies out.
        if (int(answer.outcome) <= expected && lacking(answer) <= (page == kNotCached ? 20 : 0)) break;
    }
    QVERIFY2(int(answer.outcome) == expected,
             qPrintable(page + " is " + kOutcomes[std::size_t(answer.outcome)] + ", not " +
                        kOutcomes[std::size_t(expected)]));
    if (answer.outcome != Outcome::Partial) return;
    const auto& result = *answer.page;
    QVERIFY(result.next); // the rest can be asked for
    QCOMPARE(*result.next, result.entries.back().id);
    QCOMPARE(result.entries.size(), std::size_t(20));
    for (std::size_t i = 0; i < result.entries.size(); ++i) {
        QCOMPARE(result.entries[i].id, m_all->posts[m_all->posts.size() - 1 - i]); // without a gap
        QCOMPARE(result.entries[i].bodyMissing, page == kNotCached);
    }
    const auto rest =
        take(fresh->engine().feed().homePage(page.contains("across") ? m_all->shortReader : m_all->reader,
                                             {.before = result.next, .after = {}, .limit = 20}, soon()));
    QCOMPARE(rest.entries.size(), std::size_t(20));
    QCOMPARE(rest.entries.front().id, m_all->posts[19]);
}

// Half of each page's time would be minutes.
void DegradationTest::aSilentNodeCostsTimeOnce()
{
    constexpr int kPages = 40;
    constexpr std::chrono::seconds kEach{10};
    take(m_all->feed().homePage(m_all->reader, {}, soon()));
    for (const int broken : {TimelineNode, AllRedis}) {
        m_all->breakNodes(broken, Manner::Silent);
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < kPages; ++i) {
            const auto page = m_all->feed().homePage(m_all->reader, {}, Deadline::after(kEach));
            if (!page || page->partial || page->entries.size() != 20) m_all->mend();
            QVERIFY2(page.has_value(), page ? "" : page.error().message.c_str());
            QVERIFY(!page->partial);
            QCOMPARE(page->entries.size(), std::size_t(20));
            m_all->feed().counters(m_all->author, Deadline::after(kEach));
        }
        const auto took = std::chrono::steady_clock::now() - begin;
        m_all->mend();
        QVERIFY2(took < kPages * kEach / 8,
                 std::to_string(std::chrono::duration<double>(took).count()).c_str());
    }
}

// Of three nodes with posts one says nothing, and Redis has nothing: what the others have is shown, marked.
void DegradationTest::publicPageWithoutASilentShard()
{
    const auto all = take(m_all->feed().publicPage({.before = {}, .after = {}, .limit = 200}, soon()));
    m_all->breakNodes(AllRedis, Manner::Silent);
    QTest::qWait(1'100);
    const auto fromStore = m_all->feed().publicPage({.before = {}, .after = {}, .limit = 200}, soon());
    m_all->breakNodes(Posts, Manner::Silent);
    QTest::qWait(1'100);
    const auto some =
        m_all->feed().publicPage({.before = {}, .after = {}, .limit = 200}, Deadline::after(4 * kDeadline));
    m_all->mend();
    QVERIFY(fromStore);
    QVERIFY(!fromStore->partial);
    QCOMPARE(fromStore->entries.size(), all.entries.size());
    QVERIFY2(some.has_value(), some ? "" : some.error().message.c_str());
    QVERIFY(some->partial);
    QCOMPARE(some->entries.size(), std::size_t(DegradedCluster::kElsewhere));
}

// Who waits for a page that another caller reads has time left when that one's is up.
void DegradationTest::aShortDeadlineCostsNobodyElseThePublicPage()
{
    const PageQuery query{.before = {}, .after = {}, .limit = 200};
    const auto all = take(m_all->feed().publicPage(query, soon()));
    for (const bool everywhere : {false, true}) { // the hasty one sees some of it, or nothing
        m_all->breakNodes(AllRedis, Manner::Silent);
        m_all->breakNodes(Posts, Manner::Silent);
        if (everywhere) m_all->breakNodes(Directory, Manner::Silent);
        QTest::qWait(1'100); // the page of a moment ago is forgotten
        Result<TimelinePage> hasty = fail(ErrorCode::Internal, "not asked"), patient = hasty;
        {
            std::jthread first(
                [&] { hasty = m_all->feed().publicPage(query, Deadline::after(4 * kDeadline)); });
            QTest::qWait(100);
            std::jthread second([&] { patient = m_all->feed().publicPage(query, soon()); });
            first.join();
            m_all->mend();
        }
        QVERIFY(everywhere ? !hasty.has_value() : hasty.has_value() && hasty->partial);
        QVERIFY2(patient.has_value(), patient ? "" : patient.error().message.c_str());
        QVERIFY(!patient->partial);
        QCOMPARE(patient->entries.size(), all.entries.size());
    }
}

// A ratio of those alone that were answered would look well while PostgreSQL takes the load.
void DegradationTest::whatRedisDoesNotAnswerIsAMiss()
{
    constexpr int kPages = 3;
    const auto counted = [this](std::string_view cache) {
        for (const auto& counts : m_all->engine().monitor().snapshot()->caches)
            if (counts.name == cache) return std::pair(counts.hits, counts.misses);
        return std::pair(std::int64_t(-1), std::int64_t(-1));
    };
    take(m_all->feed().homePage(m_all->reader, {}, soon()));
    QTest::qWait(1'100); // the public page of a moment ago is forgotten
    QVERIFY(laterSnapshots(m_all->engine().monitor(), 2));
    const auto home = counted("home timeline"), everyone = counted("public timeline");
    m_all->breakNodes(AllRedis, Manner::Dead);
    int read = 0;
    for (int i = 0; i < kPages; ++i)
        read += int(m_all->feed().homePage(m_all->reader, {}, Deadline::after(8 * kDeadline)).has_value());
    read += int(m_all->feed().publicPage({}, Deadline::after(8 * kDeadline)).has_value());
    const bool told = laterSnapshots(m_all->engine().monitor(), 2);
    const auto homeNow = counted("home timeline"), everyoneNow = counted("public timeline");
    m_all->mend();
    QVERIFY(told);
    QCOMPARE(read, kPages + 1);
    QCOMPARE(homeNow.second - home.second, std::int64_t(kPages));
    QCOMPARE(homeNow.first, home.first);
    QCOMPARE(everyoneNow.second - everyone.second, std::int64_t(m_all->engine().shardCount()));
    QCOMPARE(everyoneNow.first, everyone.first);
}

// Each call once, by why; neither what was the caller's own fault nor look-ups beside the feed.
void DegradationTest::whatLetsItsCallerDownIsCounted()
{
    auto& feed = m_all->feed();
    const auto now = [this] { return m_all->engine().monitor().snapshot(); };
    QVERIFY(laterSnapshots(m_all->engine().monitor(), 2)); // what failed before is counted
    const auto before = now();
    const auto grown = [&](const FailureCounts ClusterSnapshot::*counts) {
        return sumOf(*now().*counts) - sumOf(*before.*counts);
    };
    const auto stranger = m_all->userThere("stranger");
    take(feed.homePage(m_all->reader, {.before = {}, .after = {}, .limit = 40}, soon()));
    take(feed.profile(stranger, soon()));
    QVERIFY(!feed.homePage(m_all->reader, {.before = {}, .after = {}, .limit = 0}, soon()));
    QVERIFY(!feed.post(m_all->author, "", soon()));
    QVERIFY(!feed.follow(m_all->reader, m_all->reader, soon()));
    QVERIFY(!feed.profile(UserId{1}, soon()));
    m_all->breakNodes(Users, Manner::Dead);
    for (int i = 0; i < 3; ++i)
        QVERIFY(!feed.profile(stranger, Deadline::after(kDeadline)));
    QVERIFY(!feed.following(m_all->reader, {}, 10, Deadline::after(kDeadline)));
    for (int i = 0; i < 2; ++i)
        QVERIFY(!feed.follow(stranger, m_all->author, Deadline::after(kDeadline)));
    m_all->mend();
    m_all->breakNodes(Posts, Manner::Dead);
    m_all->forgetBodies();
    const auto page = feed.homePage(m_all->reader, {.before = {}, .after = {}, .limit = 20},
                                    Deadline::after(8 * kDeadline));
    m_all->mend();
    QVERIFY2(page && page->partial, page ? "" : page.error().message.c_str());
    QTRY_COMPARE_WITH_TIMEOUT(now()->partialPagesTotal - before->partialPagesTotal, std::int64_t(1), 20'000);
    QCOMPARE(grown(&ClusterSnapshot::failedReadsTotal), std::int64_t(3));
    QCOMPARE(grown(&ClusterSnapshot::failedWritesTotal), std::int64_t(2));
}

void DegradationTest::overloadIsRefusedEarly_data()
{
    QTest::addColumn<int>("broken");
    QTest::newRow("posts, all connections in use") << int(Posts);
    QTest::newRow("home pages, all Redis clients in use") << int(TimelineNode);
}

// More callers than connections, or clients, and room to wait: those beyond are refused at once, the others
// are answered by their deadline, and nobody waits for ever.
void DegradationTest::overloadIsRefusedEarly()
{
    QFETCH(int, broken);
    take(m_all->feed().homePage(m_all->reader, {}, soon()));
    m_all->breakNodes(broken, Manner::Silent);
    std::mutex mutex;
    QStringList wrong;
    std::atomic<int> answered = 0, refused = 0;
    {
        std::latch all(160); // their beginning is not measured
        std::vector<std::jthread> callers;
        for (int i = 0; i < 160; ++i)
            callers.emplace_back([&] {
                all.arrive_and_wait();
                const Lateness lateness;
                const auto deadline = Deadline::after(kDeadline);
                std::optional<Error> error;
                if (broken == Posts) {
                    if (const auto result = m_all->feed().post(m_all->author, "a post", deadline); !result)
                        error = result.error();
                } else {
                    if (const auto result = m_all->feed().homePage(m_all->reader, {}, deadline); !result)
                        error = result.error();
                }
                const bool early = error && error->code == ErrorCode::Overloaded;
                ++(early ? refused : answered);
                // At once: but beside 159 others on a few processors.
                const auto given = early ? kDeadline / 4 : kDeadline;
                if (lateness.inTime(given)) return;
                const std::lock_guard lock(mutex);
                wrong << (early ? "refused: " : "answered: ") + QString::fromStdString(lateness.text(given));
            });
    }
    m_all->mend();
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join("\n")));
    QVERIFY(refused > 0);
    QCOMPARE(answered + refused, 160);
    if (broken == Posts) QVERIFY(answered <= 16 + 64); // connections and waiters
    QVERIFY(m_all->feed().post(m_all->author, "a post", soon()));
    QVERIFY(m_all->feed().homePage(m_all->reader, {}, soon()));
}

void DegradationTest::allIsWellAfterwards()
{
    // Its floor is as the pages needed it.
    take(m_all->engine().operations().rebuildTimeline(m_all->shortReader, soon()));
    QVERIFY(m_all->drained());
    const auto findings = auditFindings(*m_all->session);
    QVERIFY2(findings.empty(), findings.c_str());
}

QTEST_GUILESS_MAIN(DegradationTest)
#include "degradation_test.moc"
