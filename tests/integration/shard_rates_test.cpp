// Deliveries a second of a logical shard are counted where they arrive: while its Redis node is down the
// figure is not known, for a 0 would look like that of a shard that is served and quiet, whatever the others
// get; afterwards they are counted again.
#include <QTest>

#include "tests/support/demo_session.h"

#include <algorithm>

using namespace backend;

namespace tests {

class ShardRatesTest : public QObject
{
    Q_OBJECT

private slots:
    void whatIsDownGetsNothing();

private:
    struct Rates
    {
        double ofDown = 0, ofOthers = 0;
        int down = 0;          // shards on that node
        bool allMarked = true; // the shards of the node, as of a node that is down
    };
    // Of the shards on that node, and of all others; unknown ones count as -1.
    Rates ratesOf(const std::string& node) const
    {
        const auto snapshot = m_session->engine().monitor().snapshot();
        Rates out;
        for (const auto& shard : snapshot->shards) {
            const auto on = std::find_if(snapshot->nodes.begin(), snapshot->nodes.end(),
                                         [&](const auto& one) { return one.id == shard.timelinesNode; });
            const bool down = on != snapshot->nodes.end() && on->name == node;
            (down ? out.ofDown : out.ofOthers) += shard.deliveriesPerSecond;
            out.down += down;
            out.allMarked = out.allMarked && shard.timelinesDown == down;
        }
        return out;
    }

    std::shared_ptr<app::OpenedSession> m_session;
};

void ShardRatesTest::whatIsDownGetsNothing()
{
    constexpr int kPatience = 60'000;
    DemoOptions options;
    options.workload = true;
    m_session = openDemo(options);
    QTRY_VERIFY_WITH_TIMEOUT(ratesOf("redis-3").ofDown > 0 && ratesOf("redis-3").ofOthers > 0, kPatience);
    take(m_session->servers()->killNode("redis-3"));
    QTRY_VERIFY_WITH_TIMEOUT(ratesOf("redis-3").allMarked, kPatience);
    // From when it is known to be down nothing of before stands any more; the others go on.
    double others = 0;
    std::uint64_t last = 0;
    for (int seen = 0; seen < 8;) {
        QTest::qWait(100);
        const auto snapshot = m_session->engine().monitor().snapshot();
        if (snapshot->sequence == last) continue;
        last = snapshot->sequence;
        const auto rates = ratesOf("redis-3");
        QCOMPARE(rates.ofDown, -1.0 * rates.down);
        others += rates.ofOthers;
        ++seen;
    }
    QVERIFY(others > 0);
    take(m_session->servers()->restartNode("redis-3"));
    QTRY_VERIFY_WITH_TIMEOUT(ratesOf("redis-3").ofDown > 0, kPatience);
    m_session.reset();
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::ShardRatesTest)
#include "shard_rates_test.moc"
