// Ids under a clock that the test moves: unique, ordered, within the grant, and borrowed at most a second
// ahead.
#include "backend/cluster/id_generator.h"
#include "tests/support/results.h"

#include <QTest>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

using namespace backend;

namespace tests {
namespace {

constexpr std::int64_t kStart = 500'000'000'000; // id milliseconds, some day

IdGrant grantAt(std::int64_t now, int slot = 7, std::int64_t span = 60'000)
{
    return {slot, 0, now + span, now};
}

} // namespace

class IdGeneratorTest : public QObject
{
    Q_OBJECT

private slots:
    void init() { m_steady = 1'000; }
    void nothingWithoutAGrant();
    void anIdCarriesTimeShardAndSlot();
    void onePerMillisecondShardAndSlot();
    void aBurstBorrowsOneSecond();
    void borrowedTimeIsMeasured();
    void theRangeIsNotExceeded();
    void aRenewalExtendsTheRange();
    void aDirectoryClockBehindDoesNotReorder();
    void aLeadIsGivenUpSlowly();
    void aNewSlotStartsAboveItsRangeAndTheLastIds();
    void aSlotRegainedIsAnotherGrant();
    void usedUntilIsAboveEveryIdAndNotBelowTheGrant();
    void anUnknownShardIsRefused();
    void randomHistories_data();
    void randomHistories();
    void threadsNeverGetTheSame();

private:
    IdGenerator generator(int shards = 8)
    {
        return IdGenerator(shards, [this] { return m_steady.load(); });
    }
    std::atomic<std::int64_t> m_steady{0};
};

void IdGeneratorTest::nothingWithoutAGrant()
{
    auto ids = generator();
    const auto refused = ids.next(0);
    VERIFY_ERROR(refused, ErrorCode::Unavailable);
    QVERIFY(refused.error().retryable);
    QCOMPARE(ids.borrowedMilliseconds(), 0.0);
}

void IdGeneratorTest::anIdCarriesTimeShardAndSlot()
{
    auto ids = generator();
    ids.grant(grantAt(kStart));
    m_steady += 25;
    TAKE(id, ids.next(5));
    QCOMPARE(idMillisecondsOf(id), kStart + 25);
    QCOMPARE(shardOfRawId(id), 5);
    QCOMPARE(slotOfRawId(id), 7);
    QVERIFY(id > 0);
}

void IdGeneratorTest::onePerMillisecondShardAndSlot()
{
    auto ids = generator();
    ids.grant(grantAt(kStart));
    TAKE(a, ids.next(1));
    TAKE(b, ids.next(1));
    TAKE(other, ids.next(2));
    QCOMPARE(idMillisecondsOf(b), idMillisecondsOf(a) + 1);
    QCOMPARE(idMillisecondsOf(other), idMillisecondsOf(a)); // each shard has its own milliseconds
}

void IdGeneratorTest::aBurstBorrowsOneSecond()
{
    auto ids = generator();
    ids.grant(grantAt(kStart));
    for (int i = 0; i <= IdGenerator::kBorrowLimitMs; ++i)
        VERIFY_OK(ids.next(3));
    const auto refused = ids.next(3);
    VERIFY_ERROR(refused, ErrorCode::Overloaded);
    QVERIFY(refused.error().retryable);
    VERIFY_OK(ids.next(4)); // only that shard is exhausted
    m_steady += 10;
    for (int i = 0; i < 10; ++i)
        VERIFY_OK(ids.next(3)); // as many as time has passed
    VERIFY_ERROR(ids.next(3), ErrorCode::Overloaded);
}

void IdGeneratorTest::borrowedTimeIsMeasured()
{
    auto ids = generator();
    ids.grant(grantAt(kStart));
    for (int i = 0; i < 301; ++i)
        VERIFY_OK(ids.next(0));
    QCOMPARE(ids.borrowedMilliseconds(), 300.0);
    m_steady += 100;
    QCOMPARE(ids.borrowedMilliseconds(), 200.0);
    m_steady += 1'000;
    QCOMPARE(ids.borrowedMilliseconds(), 0.0);
}

void IdGeneratorTest::theRangeIsNotExceeded()
{
    auto ids = generator();
    ids.grant(grantAt(kStart, 7, 50));
    std::int64_t last = 0;
    for (int i = 0; i < 50; ++i) {
        TAKE(id, ids.next(0));
        last = id;
    }
    QCOMPARE(idMillisecondsOf(last), kStart + 49);
    VERIFY_ERROR(ids.next(0),
                 ErrorCode::Unavailable); // the next millisecond is not ours, though it may be borrowed
    m_steady += 50;
    const auto lapsed = ids.next(1);
    VERIFY_ERROR(lapsed, ErrorCode::Unavailable);
    QVERIFY(lapsed.error().retryable);
    QVERIFY(lapsed.error().message.find("lease") != std::string::npos);
}

void IdGeneratorTest::aRenewalExtendsTheRange()
{
    auto ids = generator();
    ids.grant(grantAt(kStart, 7, 50));
    m_steady += 60;
    VERIFY_ERROR(ids.next(0), ErrorCode::Unavailable);
    ids.grant(grantAt(kStart + 60, 7, 50));
    TAKE(id, ids.next(0));
    QCOMPARE(idMillisecondsOf(id), kStart + 60);
    ids.grant({7, 0, kStart, kStart}); // an older answer arriving late takes nothing back
    VERIFY_OK(ids.next(0));
}

void IdGeneratorTest::aDirectoryClockBehindDoesNotReorder()
{
    auto ids = generator();
    ids.grant(grantAt(kStart));
    TAKE(before, ids.next(0));
    ids.grant({7, 0, kStart + 60'000, kStart - 3'600'000}); // an hour back
    TAKE(after, ids.next(0));
    QCOMPARE(idMillisecondsOf(after), idMillisecondsOf(before) + 1);
    for (int i = 0; i < 1'000; ++i) { // and goes on at full speed
        m_steady += 1;
        TAKE(next, ids.next(0));
        QVERIFY(next > after);
        after = next;
    }
}

void IdGeneratorTest::aLeadIsGivenUpSlowly()
{
    auto ids = generator();
    ids.grant(grantAt(kStart));
    m_steady += 10'000; // by a steady clock that runs fast the directory is only 9.75 s further
    ids.grant(grantAt(kStart + 9'750));
    QCOMPARE(ids.nowMs(), kStart + 9'900);
    ids.grant(grantAt(kStart + 9'750));
    ids.grant(grantAt(kStart + 9'750));
    QCOMPARE(ids.nowMs(), kStart + 9'750);
    ids.grant(grantAt(kStart + 20'000)); // ahead is followed at once
    QCOMPARE(ids.nowMs(), kStart + 20'000);
}

void IdGeneratorTest::aNewSlotStartsAboveItsRangeAndTheLastIds()
{
    auto ids = generator();
    ids.grant(grantAt(kStart, 7));
    std::int64_t last = 0;
    for (int i = 0; i < 500; ++i) {
        TAKE(id, ids.next(0));
        last = id;
    }
    ids.grant({8, kStart + 200, kStart + 60'200, kStart});
    TAKE(same, ids.next(0));
    QCOMPARE(slotOfRawId(same), 8);
    QVERIFY(idMillisecondsOf(same) > idMillisecondsOf(last));
    TAKE(fresh, ids.next(1));
    QVERIFY(idMillisecondsOf(fresh) >= kStart + 200);
    // A range that begins hours ahead of the directory's clock is usable at once.
    ids.grant({9, kStart + 7'200'000, kStart + 7'260'000, kStart});
    TAKE(far, ids.next(2));
    QCOMPARE(idMillisecondsOf(far), kStart + 7'200'000);
}

// Lost to somebody who used it and gave it back: what lies between the two ranges was theirs.
void IdGeneratorTest::aSlotRegainedIsAnotherGrant()
{
    auto ids = generator();
    ids.grant(grantAt(kStart, 7, 50));
    VERIFY_OK(ids.next(0));
    ids.grant({7, kStart + 900, kStart + 60'900, kStart + 100});
    TAKE(id, ids.next(0));
    QVERIFY(idMillisecondsOf(id) >= kStart + 900);
}

void IdGeneratorTest::usedUntilIsAboveEveryIdAndNotBelowTheGrant()
{
    auto ids = generator();
    ids.grant({7, kStart + 10, kStart + 60'000, kStart});
    QCOMPARE(ids.usedUntilMs(), kStart + 10); // nothing made: nothing below was ours to give back
    TAKE(id, ids.next(0));
    QCOMPARE(ids.usedUntilMs(), idMillisecondsOf(id) + 1);
    ids.grant({8, kStart + 500, kStart + 60'000, kStart});
    QCOMPARE(ids.usedUntilMs(), kStart + 500);
}

void IdGeneratorTest::anUnknownShardIsRefused()
{
    auto ids = generator(8);
    ids.grant(grantAt(kStart));
    VERIFY_ERROR(ids.next(8), ErrorCode::Internal);
    VERIFY_ERROR(ids.next(-1), ErrorCode::Internal);
}

void IdGeneratorTest::randomHistories_data()
{
    QTest::addColumn<unsigned>("seed");
    for (unsigned seed = 1; seed <= 20; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

// Random calls, waits, renewals, clocks set back and changes of slot. A model directory gives ranges as
// SlotLease does.
void IdGeneratorTest::randomHistories()
{
    QFETCH(unsigned, seed);
    std::mt19937 random(seed);
    const auto below = [&](int n) { return int(random() % unsigned(n)); };
    auto ids = generator(4);
    std::map<int, std::int64_t> untilOfSlot;
    std::int64_t directoryNow = kStart, from = 0;
    int slot = 0;
    std::set<std::int64_t> all;
    std::map<int, std::int64_t> lastMs;
    std::size_t refused = 0;
    const auto renew = [&] {
        auto& until = untilOfSlot[slot];
        until = std::max({until, directoryNow + 300, ids.nowMs() + 300});
        ids.grant({slot, from, until, directoryNow});
    };
    const auto change = [&] {
        slot = below(5);
        from = untilOfSlot[slot]; // the old holder's end
        untilOfSlot[slot] = std::max(from, directoryNow) + 300;
        ids.grant({slot, from, untilOfSlot[slot], directoryNow});
    };
    change();
    for (int step = 0; step < 4'000; ++step) {
        const int what = below(100);
        if (what < 70) {
            const int shard = below(4);
            const auto now = ids.nowMs();
            const auto id = ids.next(shard);
            if (!id) {
                ++refused;
                continue;
            }
            const auto ms = idMillisecondsOf(*id);
            QVERIFY(all.insert(*id).second);
            QVERIFY(ms > lastMs[shard]);
            QVERIFY(ms < untilOfSlot[slot] && ms >= from);
            QVERIFY(ms - now <= IdGenerator::kBorrowLimitMs);
            QCOMPARE(slotOfRawId(*id), slot);
            lastMs[shard] = ms;
        } else if (what < 90) {
            const int waited = below(40);
            m_steady += waited;
            directoryNow += waited;
        } else if (what < 96)
            renew();
        else if (what < 98)
            directoryNow -= below(2'000);
        else
            change();
    }
    QVERIFY(all.size() > 500);
    QVERIFY(refused > 0);
}

void IdGeneratorTest::threadsNeverGetTheSame()
{
    IdGenerator ids(4);
    ids.grant(grantAt(kStart));
    std::vector<std::vector<std::int64_t>> made(4);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < made.size(); ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 400; ++i)
                if (const auto id = ids.next(i % 2)) made[t].push_back(*id);
        });
    for (auto& thread : threads)
        thread.join();
    std::set<std::int64_t> all;
    std::size_t count = 0;
    for (const auto& one : made) {
        count += one.size();
        all.insert(one.begin(), one.end());
    }
    QCOMPARE(all.size(), count);
    QVERIFY(count >= 1'600); // 800 a shard is below the second that may be borrowed
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::IdGeneratorTest)
#include "id_generator_test.moc"
