// History on disk: rolled up rightly, whole after a restart, bounded, of one cluster alone, and never in the
// way when its file is not well.
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "backend/monitoring/history_store.h"

#include <sqlite3.h>

#include <atomic>
#include <cmath>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class HistoryStoreTest : public QObject
{
    Q_OBJECT

private slots:
    void blocksSurviveEncoding();
    void aPointComesBackAsItWas();
    void whatWasNotKeptBeforeIsAGap();
    void stepsKeepLeastMeanAndGreatest();
    void theFinestStepThatReachesBack();
    void aRestartContinuesWhatWasBegun();
    void oldStepsGo();
    void aDamagedFileIsSetAside();
    void aFileDamagedLaterIsSetAside();
    void withoutAFileNothingIsLost();
    void aNewerFileIsLeftAlone();
    void anotherClustersHistoryIsLeftAlone();
    void aFileOfBeforeIdentitiesIsAdoptedOnce();
    void aDamagedFileBesideAnothersIsSetAside();

private:
    class Clock final : public WallClock
    {
    public:
        TimePoint now() const override { return TimePoint(std::chrono::microseconds(m_us.load())); }
        void set(TimePoint at) { m_us = at.time_since_epoch().count(); }

    private:
        std::atomic<std::int64_t> m_us{0};
    };
    static constexpr auto kNever = 1h; // between two flushes of its own
    static TimePoint begin() { return TimePoint(std::chrono::sys_days(std::chrono::year(2024) / 5 / 1)); }
    static const std::vector<std::string>& nodes()
    {
        static const std::vector<std::string> names{"pg-1", "redis-1"};
        return names;
    }
    static HistoryPoint point(TimePoint at, double value)
    {
        HistoryPoint out{};
        out.at = at;
        out.deliveriesPerSecond = value;
        out.fanoutP50Ms = std::nan("");
        out.caches = {{"home", (at - begin()) / 1s * 10, (at - begin()) / 1s}};
        out.nodeMemoryBytes = {std::nan(""), 5e6 + value};
        out.nodeCommandsPerSecond = {7, value};
        return out;
    }
    // A point a second in [from, to) whose value is its second since begin().
    static void fill(HistoryStore& store, Clock& clock, TimePoint from, TimePoint to)
    {
        for (auto at = from; at < to; at += 1s) {
            clock.set(at);
            store.add(point(at, double((at - begin()) / 1s)), nodes());
        }
    }
    // What was known at begin(), of deliveries; -1: nothing.
    static double firstValue(HistoryStore& store)
    {
        const auto range = store.range(begin(), begin() + 1s, 1000, nodes());
        return range && !range->mean.empty() ? range->mean.front().deliveriesPerSecond : -1;
    }
    static void addFirst(HistoryStore& store, double value) { store.add(point(begin(), value), nodes()); }
    QStringList filesThere() const { return QDir(m_dir->path()).entryList({"*.sqlite*"}, QDir::Files); }
    std::filesystem::path file() const { return m_dir->filePath("history.sqlite").toStdString(); }

    std::unique_ptr<QTemporaryDir> m_dir = std::make_unique<QTemporaryDir>();

private slots:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }
};

void HistoryStoreTest::blocksSurviveEncoding()
{
    RollupBlock block;
    block[0].add(1.5);
    block[3].add(-2);
    block[3].add(4);
    const auto bytes = encode(block);
    QCOMPARE(bytes.size(), std::size_t(4 * 16)); // up to the last one known
    const auto back = decodeRollups(bytes);
    QCOMPARE(back[0].mean, 1.5F);
    QCOMPARE(back[1].count, 0U);
    QCOMPARE(back[3].min, -2.F);
    QCOMPARE(back[3].max, 4.F);
    QCOMPARE(back[3].mean, 1.F);
    QCOMPARE(back[3].count, 2U);
    QCOMPARE(decodeRollups(bytes.substr(0, 20))[0].count, 1U);
    QVERIFY(encode(RollupBlock{}).empty());
}

void HistoryStoreTest::aPointComesBackAsItWas()
{
    Clock clock;
    HistoryStore store(file(), "one", clock, kNever);
    fill(store, clock, begin(), begin() + 3s);
    const auto range = store.range(begin(), begin() + 10s, 1000, nodes());
    QVERIFY(range && range->step == 1s && range->min.empty());
    QCOMPARE(range->mean.size(), std::size_t(3));
    const auto& last = range->mean.back();
    QCOMPARE(last.at, begin() + 2s);
    QCOMPARE(last.deliveriesPerSecond, 2.0);
    QVERIFY(std::isnan(last.fanoutP50Ms) && std::isnan(last.nodeMemoryBytes[0]));
    QCOMPARE(last.nodeMemoryBytes[1], 5e6 + 2);
    QCOMPARE(last.nodeCommandsPerSecond, (std::vector{7.0, 2.0}));
    QCOMPARE(last.caches.size(), std::size_t(1)); // of the two seconds after the first
    QCOMPARE(last.caches[0].hits, 20);
    QCOMPARE(last.caches[0].misses, 2);
    // Nodes keep their series when their positions change.
    const auto turned = store.range(begin(), begin() + 10s, 1000, {"redis-1", "redis-2", "pg-1"});
    QVERIFY(turned);
    QCOMPARE(turned->mean.back().nodeCommandsPerSecond[0], 2.0);
    QVERIFY(std::isnan(turned->mean.back().nodeCommandsPerSecond[1]));
    QCOMPARE(turned->mean.back().nodeCommandsPerSecond[2], 7.0);
}

// A file of a program that knew of no failed calls: its seconds stay, without them.
void HistoryStoreTest::whatWasNotKeptBeforeIsAGap()
{
    Clock clock;
    {
        HistoryStore store(file(), "one", clock, kNever);
        for (int second = 0; second < 3; ++second) {
            clock.set(begin() + 1s * second);
            auto old = point(clock.now(), 5);
            old.failedReadsPerSecond = old.failedWritesPerSecond = old.partialPagesPerSecond = std::nan("");
            store.add(old, nodes());
        }
    }
    HistoryStore store(file(), "one", clock, kNever);
    clock.set(begin() + 3s);
    auto fresh = point(clock.now(), 6);
    fresh.failedReadsPerSecond = 37;
    fresh.failedWritesPerSecond = 2;
    fresh.partialPagesPerSecond = 4;
    store.add(fresh, nodes());
    const auto range = store.range(begin(), begin() + 10s, 1000, nodes());
    QVERIFY(range && range->mean.size() == 4);
    QCOMPARE(range->mean[2].deliveriesPerSecond, 5.0);
    QVERIFY(std::isnan(range->mean[2].failedReadsPerSecond));
    QVERIFY(std::isnan(range->mean[2].partialPagesPerSecond));
    QCOMPARE(range->mean[3].failedReadsPerSecond, 37.0);
    QCOMPARE(range->mean[3].failedWritesPerSecond, 2.0);
    QCOMPARE(range->mean[3].partialPagesPerSecond, 4.0);
    QVERIFY(store.problem().empty());
}

void HistoryStoreTest::stepsKeepLeastMeanAndGreatest()
{
    Clock clock;
    HistoryStore store(file(), "one", clock, kNever);
    fill(store, clock, begin(), begin() + 2h);
    const auto range = store.range(begin(), begin() + 2h, 720, nodes());
    QVERIFY(range && range->step == 10s);
    QCOMPARE(range->mean.size(), std::size_t(720));
    QCOMPARE(range->min.size(), range->mean.size());
    QCOMPARE(range->max.size(), range->mean.size());
    for (const std::size_t i : {0, 1, 400, 719}) {
        QCOMPARE(range->mean[i].at, begin() + i * 10s);
        QCOMPARE(range->min[i].deliveriesPerSecond, double(i * 10));
        QCOMPARE(range->max[i].deliveriesPerSecond, double(i * 10 + 9));
        QVERIFY(std::abs(range->mean[i].deliveriesPerSecond - (double(i) * 10 + 4.5)) < 0.01);
    }
    // The hits of two hours, but for the first second.
    QVERIFY(std::abs(double(range->mean.back().caches[0].hits) - 7199 * 10) <= 10);
}

void HistoryStoreTest::theFinestStepThatReachesBack()
{
    Clock clock;
    HistoryStore store(file(), "one", clock, kNever);
    clock.set(begin() + 24h * 10);
    const auto now = clock.now();
    const auto step = [&](TimePoint from, TimePoint to, int most) {
        const auto range = store.range(from, to, most, nodes());
        return range ? range->step : Milliseconds(0);
    };
    QCOMPARE(step(now - 1h, now, 3600), Milliseconds(1s));
    QCOMPARE(step(now - 1h, now, 1000), Milliseconds(10s));               // too many points
    QCOMPARE(step(now - 20h, now - 20h + 1min, 1000), Milliseconds(10s)); // seconds are not kept so long
    QCOMPARE(step(now - 24h * 9, now - 24h * 9 + 1min, 1000), Milliseconds(1min));
    QCOMPARE(step(now - 24h * 9, now, 24 * 60 * 9), Milliseconds(1min));
    QCOMPARE(step(now - 24h * 9, now, 9 * 8), Milliseconds(3h)); // several of the coarsest there are
}

void HistoryStoreTest::aRestartContinuesWhatWasBegun()
{
    Clock clock;
    const auto middle = begin() + 2h + 34s; // within a step of each resolution
    {
        HistoryStore store(file(), "one", clock, kNever);
        fill(store, clock, begin(), middle);
    }
    HistoryStore store(file(), "one", clock, kNever);
    fill(store, clock, middle, begin() + 2h + 60s);
    QVERIFY(store.flush());
    const auto seconds = store.range(begin() + 2h, begin() + 2h + 60s, 1000, nodes());
    QVERIFY(seconds);
    QCOMPARE(seconds->mean.size(), std::size_t(60));
    const auto minutes = store.range(begin(), begin() + 2h + 60s, 130, nodes());
    QVERIFY(minutes && minutes->step == 1min);
    QCOMPARE(minutes->mean.size(), std::size_t(121));
    QCOMPARE(minutes->min.back().deliveriesPerSecond, 7200.0);
    QCOMPARE(minutes->max.back().deliveriesPerSecond, 7259.0);
    QVERIFY(std::abs(minutes->mean.back().deliveriesPerSecond - 7229.5) < 0.01);
    QVERIFY(store.problem().empty());
}

void HistoryStoreTest::oldStepsGo()
{
    Clock clock;
    HistoryStore store(file(), "one", clock, kNever);
    for (int day = 0; day < 40; ++day) {
        fill(store, clock, begin() + 24h * day, begin() + 24h * day + 1min);
        QVERIFY(store.flush());
    }
    const auto everything = store.range(begin(), clock.now() + 1s, 100'000, nodes());
    QVERIFY(everything);
    QCOMPARE(everything->mean.size(), std::size_t(31));
    QCOMPARE(everything->mean.front().at, begin() + 24h * 9);
    auto raw = HistoryFile::open(file(), "one");
    QVERIFY(raw);
    for (const auto& resolution : kResolutions) {
        const auto blocks = (*raw)->read(resolution, 0, std::numeric_limits<std::int64_t>::max());
        QVERIFY(blocks && !blocks->empty());
        for (const auto& [key, block] : *blocks) {
            const Milliseconds age =
                std::chrono::floor<Milliseconds>(clock.now().time_since_epoch()) - Milliseconds(key.start);
            QVERIFY(age <= resolution.kept + kBlockSteps * resolution.step + 1min);
        }
    }
}

void HistoryStoreTest::aDamagedFileIsSetAside()
{
    QFile broken(QString::fromStdString(file().string()));
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write(QByteArray(8192, 'x'));
    broken.close();
    Clock clock;
    clock.set(begin());
    HistoryStore store(file(), "one", clock, kNever);
    fill(store, clock, begin(), begin() + 5s);
    QVERIFY(store.flush());
    QVERIFY2(store.problem().find("was damaged") != std::string::npos, store.problem().c_str());
    const auto aside = QDir(m_dir->path()).entryList({"history.sqlite.damaged-*"});
    QCOMPARE(aside.size(), 1);
    QVERIFY(store.problem().find(aside.front().toStdString()) != std::string::npos);
    QCOMPARE(QFile(m_dir->filePath(aside.front())).size(), 8192);
    const auto range = store.range(begin(), begin() + 5s, 1000, nodes());
    QVERIFY(range);
    QCOMPARE(range->mean.size(), std::size_t(5));
}

void HistoryStoreTest::aFileDamagedLaterIsSetAside()
{
    Clock clock;
    {
        HistoryStore store(file(), "one", clock, kNever);
        fill(store, clock, begin(), begin() + 300s);
    }
    QFile broken(QString::fromStdString(file().string()));
    QVERIFY(broken.open(QIODevice::ReadWrite));
    QVERIFY(broken.seek(4096)); // its first page is well, so that it opens
    broken.write(QByteArray(int(broken.size() - 4096), '\xA5'));
    broken.close();
    HistoryStore store(file(), "one", clock, kNever);
    fill(store, clock, begin() + 300s, begin() + 310s);
    QVERIFY(store.flush());
    QVERIFY2(store.problem().find("was damaged") != std::string::npos, store.problem().c_str());
    const auto range = store.range(begin() + 300s, begin() + 310s, 1000, nodes());
    QVERIFY(range);
    QCOMPARE(range->mean.size(), std::size_t(10));
}

void HistoryStoreTest::withoutAFileNothingIsLost()
{
    // A file where the folder ought to be.
    const auto folder = m_dir->filePath("folder");
    QFile blocker(folder);
    QVERIFY(blocker.open(QIODevice::WriteOnly));
    blocker.close();
    Clock clock;
    clock.set(begin());
    HistoryStore store((folder + "/history.sqlite").toStdString(), "one", clock, kNever);
    fill(store, clock, begin(), begin() + 5s);
    QVERIFY(!store.flush());
    QVERIFY2(store.problem().find("cannot open the history file") != std::string::npos,
             store.problem().c_str());
    const auto range = store.range(begin(), begin() + 5s, 1000, nodes());
    QVERIFY(range);
    QCOMPARE(range->mean.size(), std::size_t(5));
    QVERIFY(blocker.remove());
    QVERIFY(store.flush());
    QVERIFY(store.problem().empty());
    HistoryStore later((folder + "/history.sqlite").toStdString(), "one", clock, kNever);
    const auto found = later.range(begin(), begin() + 5s, 1000, nodes());
    QVERIFY(found);
    QCOMPARE(found->mean.size(), std::size_t(5));
}

void HistoryStoreTest::aNewerFileIsLeftAlone()
{
    Clock clock;
    clock.set(begin());
    {
        HistoryStore store(file(), "one", clock, kNever);
        fill(store, clock, begin(), begin() + 5s);
    }
    QFile raw(QString::fromStdString(file().string()));
    QVERIFY(raw.open(QIODevice::ReadWrite));
    QVERIFY(raw.seek(60)); // user_version, big-endian
    raw.write(QByteArray("\0\0\0\x63", 4));
    raw.close();
    HistoryStore store(file(), "one", clock, kNever);
    QVERIFY2(store.problem().find("newer version") != std::string::npos, store.problem().c_str());
    QVERIFY(!store.flush());
    QVERIFY(QDir(m_dir->path()).entryList({"*damaged*"}).isEmpty());
}

// Two clusters behind one configuration file, one after the other, in turns.
void HistoryStoreTest::anotherClustersHistoryIsLeftAlone()
{
    Clock clock;
    clock.set(begin());
    Event event;
    event.key = {begin(), 7};
    event.what = "of the first";
    {
        HistoryStore first(file(), "one", clock, kNever);
        addFirst(first, 1);
        first.addEvents({event});
    }
    {
        HistoryStore second(file(), "two", clock, kNever);
        QCOMPARE(firstValue(second), -1.0);
        QVERIFY(second.keptEvents().empty());
        QVERIFY2(second.problem().find("another cluster (one)") != std::string::npos,
                 second.problem().c_str());
        QVERIFY2(second.problem().find("history-two.sqlite") != std::string::npos, second.problem().c_str());
        addFirst(second, 2);
    }
    for (const auto& [id, value] : {std::pair("one", 1.0), std::pair("two", 2.0), std::pair("one", 1.0)}) {
        HistoryStore again(file(), id, clock, kNever);
        QCOMPARE(firstValue(again), value);
        QCOMPARE(again.keptEvents().size(), std::size_t(value == 1.0 ? 1 : 0));
        QCOMPARE(again.problem(), std::string()); // it was told when it began anew
    }
    QCOMPARE(filesThere(), (QStringList{"history-two.sqlite", "history.sqlite"}));
}

void HistoryStoreTest::aFileOfBeforeIdentitiesIsAdoptedOnce()
{
    Clock clock;
    clock.set(begin());
    {
        HistoryStore store(file(), "one", clock, kNever);
        addFirst(store, 1);
    }
    sqlite3* raw = nullptr;
    QCOMPARE(sqlite3_open(file().c_str(), &raw), SQLITE_OK);
    QCOMPARE(sqlite3_exec(raw, "DROP TABLE cluster; PRAGMA user_version = 2", nullptr, nullptr, nullptr),
             SQLITE_OK);
    QCOMPARE(sqlite3_close(raw), SQLITE_OK);
    {
        HistoryStore adopting(file(), "two", clock, kNever);
        QCOMPARE(firstValue(adopting), 1.0);
        QCOMPARE(adopting.problem(), std::string());
    }
    HistoryStore late(file(), "one", clock, kNever);
    QCOMPARE(firstValue(late), -1.0);
    QVERIFY2(late.problem().find("another cluster (two)") != std::string::npos, late.problem().c_str());
}

void HistoryStoreTest::aDamagedFileBesideAnothersIsSetAside()
{
    Clock clock;
    clock.set(begin());
    for (const auto* id : {"one", "two"}) {
        HistoryStore store(file(), id, clock, kNever);
        addFirst(store, 1);
    }
    QFile broken(m_dir->filePath("history-two.sqlite"));
    QVERIFY(broken.open(QIODevice::WriteOnly | QIODevice::Truncate));
    broken.write(QByteArray(8192, 'x'));
    broken.close();
    {
        HistoryStore second(file(), "two", clock, kNever);
        QCOMPARE(firstValue(second), -1.0);
        QVERIFY2(second.problem().find("was damaged") != std::string::npos, second.problem().c_str());
        addFirst(second, 2);
    }
    HistoryStore first(file(), "one", clock, kNever);
    QCOMPARE(firstValue(first), 1.0);
    HistoryStore second(file(), "two", clock, kNever);
    QCOMPARE(firstValue(second), 2.0);
    QCOMPARE(QDir(m_dir->path()).entryList({"history-two.sqlite.damaged-*"}).size(), 1);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::HistoryStoreTest)
#include "history_store_test.moc"
