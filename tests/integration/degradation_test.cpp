// Pages while nodes are dead, silent or slow, and overload: each call returns by its deadline, with a typed
// error that names what is wrong, or with as much of the page as can still be read. Reads degrade in a stated
// order: object cache, PostgreSQL, entries without bodies, marked.
#include <QTest>

#include "tests/integration/degraded_cluster.h"
#include "tests/support/lateness.h"

#include <atomic>
#include <mutex>
#include <thread>

using namespace backend;
using namespace tests;

namespace {

constexpr std::chrono::milliseconds kDeadline{600};

enum class Outcome { Whole, Partial, Error };
constexpr std::array<const char*, 3> kOutcomes{"whole", "partial", "an error"};

} // namespace

class DegradationTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_all = std::make_unique<DegradedCluster>(); }
    void cleanupTestCase() { m_all.reset(); }
    void pages_data();
    void pages();
    void publicPageWithoutASilentShard();
    void aShortDeadlineCostsNobodyElseThePublicPage();
    void overloadIsRefusedEarly_data();
    void overloadIsRefusedEarly();
    void allIsWellAfterwards();

private:
    std::unique_ptr<DegradedCluster> m_all;
};

void DegradationTest::pages_data()
{
    struct Row
    {
        const char* page;
        Outcome users, posts; // the rest leaves all of them whole
    };
    using enum Outcome;
    const std::vector<Row> rows{
        {"home", Whole, Whole},
        {"home, bodies not cached", Whole, Partial},
        {"home, across the floor", Partial, Partial},
        {"home, below the floor", Error, Error},
        {"author", Whole, Whole},
        {"public", Whole, Whole},
        {"counters", Whole, Whole},
        {"profile", Error, Whole},
        {"following", Error, Whole},
    };
    QTest::addColumn<QString>("page");
    QTest::addColumn<int>("broken");
    QTest::addColumn<int>("manner");
    QTest::addColumn<int>("expected");
    for (const auto& row : rows)
        for (const auto broken : kAllBroken)
            for (const auto manner : kAllManners)
                QTest::addRow("%s: %s %s", row.page, kBroken[std::size_t(broken)],
                              kManners[std::size_t(manner)])
                    << QString(row.page) << int(broken) << int(manner)
                    << int(broken == Users   ? row.users
                           : broken == Posts ? row.posts
                                             : Whole);
}

void DegradationTest::pages()
{
    QFETCH(QString, page);
    QFETCH(int, broken);
    QFETCH(int, manner);
    QFETCH(int, expected);
    // Warm: what was read a moment ago is cached.
    take(m_all->feed().homePage(m_all->reader, {.before = {}, .after = {}, .limit = 40}, soon()));
    take(m_all->feed().authorPage(m_all->author, {.before = {}, .after = {}, .limit = 40}, soon()));
    take(m_all->feed().publicPage({}, soon()));
    take(m_all->feed().counters(m_all->author, soon()));
    take(m_all->engine().operations().rebuildTimeline(m_all->shortReader, soon()));
    m_all->makeFloor(m_all->shortReader, m_all->posts[20]);
    if (page.endsWith("not cached")) m_all->forgetBodies();
    if (page == "public") QTest::qWait(1'100); // the page of a moment ago is forgotten

    const auto fresh = connectTo(m_all->config, 0); // knows nobody yet
    auto& feed = fresh->engine().feed();
    const auto deadline = [] { return Deadline::after(kDeadline); };
    const auto judge = [](const Result<TimelinePage>& result, std::size_t whole) {
        if (!result) return Outcome::Error;
        if (result->partial) return Outcome::Partial;
        return result->entries.size() == whole ? Outcome::Whole : Outcome::Error;
    };
    m_all->breakNodes(broken, Manner(manner));
    Result<TimelinePage> result = fail(ErrorCode::Internal, "not asked");
    Outcome outcome = Outcome::Error;
    const Lateness lateness;
    if (page.startsWith("home, across")) {
        result = feed.homePage(m_all->shortReader, {.before = {}, .after = {}, .limit = 40}, deadline());
        outcome = judge(result, 40);
    } else if (page.startsWith("home, below")) {
        result = feed.homePage(m_all->shortReader, {.before = m_all->posts[20], .after = {}, .limit = 20},
                               deadline());
        outcome = judge(result, 20);
    } else if (page.startsWith("home")) {
        result = feed.homePage(m_all->reader, {.before = {}, .after = {}, .limit = 20}, deadline());
        outcome = judge(result, 20);
    } else if (page == "author") {
        result = feed.authorPage(m_all->author, {.before = {}, .after = {}, .limit = 20}, deadline());
        outcome = judge(result, 20);
    } else if (page == "public") {
        result = feed.publicPage({.before = {}, .after = {}, .limit = 20}, deadline());
        outcome = judge(result, 20);
    } else if (page == "counters") {
        const auto counters = feed.counters(m_all->author, deadline());
        outcome = counters && counters->posts == 40 ? Outcome::Whole : Outcome::Error;
    } else if (page == "profile") {
        outcome = feed.profile(m_all->author, deadline()) ? Outcome::Whole : Outcome::Error;
    } else {
        outcome = feed.following(m_all->reader, {}, 10, deadline()) ? Outcome::Whole : Outcome::Error;
    }
    const bool inTime = lateness.inTime(kDeadline);
    const auto times = lateness.text(kDeadline);
    m_all->mend();

    if (!result) qInfo("%s", result.error().message.c_str());
    QCOMPARE(kOutcomes[std::size_t(outcome)], kOutcomes[std::size_t(expected)]);
    QVERIFY2(inTime, times.c_str());
    if (outcome == Outcome::Partial) {
        QVERIFY(result->next); // the rest can be asked for
        QCOMPARE(*result->next, result->entries.back().id);
        QCOMPARE(result->entries.size(), std::size_t(20));
        for (std::size_t i = 0; i < result->entries.size(); ++i) {
            QCOMPARE(result->entries[i].id, m_all->posts[m_all->posts.size() - 1 - i]); // without a gap
            QCOMPARE(result->entries[i].bodyMissing, page.contains("not cached"));
        }
        const auto rest = take(feed.homePage(page.contains("across") ? m_all->shortReader : m_all->reader,
                                             {.before = result->next, .after = {}, .limit = 20}, soon()));
        QCOMPARE(rest.entries.size(), std::size_t(20));
        QCOMPARE(rest.entries.front().id, m_all->posts[19]);
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
        m_all->feed().publicPage({.before = {}, .after = {}, .limit = 200}, Deadline::after(kDeadline));
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
            std::jthread first([&] { hasty = m_all->feed().publicPage(query, Deadline::after(kDeadline)); });
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
        std::vector<std::jthread> callers;
        for (int i = 0; i < 160; ++i)
            callers.emplace_back([&] {
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
                const std::chrono::milliseconds given = early ? std::chrono::milliseconds(0) : kDeadline;
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
    QVERIFY(m_all->drained());
    const auto findings = auditFindings(*m_all->session);
    QVERIFY2(findings.empty(), findings.c_str());
}

QTEST_GUILESS_MAIN(DegradationTest)
#include "degradation_test.moc"
