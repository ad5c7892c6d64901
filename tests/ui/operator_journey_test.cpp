// An operator's whole way through the real window on the real embedded engine: a celebrity posts, the lag is
// seen, a part of it brushed, a hot shard found, a post's ledger read, a report written; then a Redis node
// dies, shows as dead, is brought back and is green again. Waits for conditions, by object names.
#include <QAbstractItemView>
#include <QComboBox>
#include <QLabel>
#include <QMouseEvent>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "app/session/session_factory.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/time_range.h"
#include "ui/main_window.h"
#include "ui/pages/shards_page.h"
#include "ui/widgets/metric_tile.h"

class OperatorJourneyTest : public QObject
{
    Q_OBJECT

private slots:
    void fromACelebritysPostToADeadNodeAndBack();

private:
    static constexpr int kPatience = 180'000;

    template <class Widget = QWidget>
    Widget* find(const QString& name)
    {
        for (auto* one : m_window->findChildren<Widget*>(name))
            if (one->isVisible()) return one;
        return m_window->findChild<Widget*>(name);
    }
    void press(const QString& name) { find<QAbstractButton>(name)->click(); }
    backend::ScenarioStatus scenario(backend::Scenario which)
    {
        return m_bridge->scenarios()->report().scenarios[std::size_t(which)];
    }
    bool idle(backend::Scenario which) { return scenario(which).state == backend::ScenarioState::Idle; }
    void open();
    void celebrity();
    void brush();
    void hotShard();
    void ledger();
    void report();
    void killedNode();

    QTemporaryDir m_directory;
    ui::EngineBridge* m_bridge = nullptr;
    ui::TimeRange* m_range = nullptr;
    ui::MainWindow* m_window = nullptr;
};

void OperatorJourneyTest::fromACelebritysPostToADeadNodeAndBack()
{
    QVERIFY(m_directory.isValid());
    QSettings settings(m_directory.filePath("rookery.ini"), QSettings::IniFormat);
    ui::Theme theme(ui::ThemeMode::Light);
    ui::EngineBridge bridge;
    ui::TimeRange range;
    ui::MainWindow window({theme, bridge, range}, settings, [](const ui::SessionChoice&) {
        app::SessionOptions options;
        return app::makeSessionOpener(options);
    });
    window.resize(1600, 900);
    m_bridge = &bridge;
    m_range = &range;
    m_window = &window;
    for (const auto part :
         {&OperatorJourneyTest::open, &OperatorJourneyTest::celebrity, &OperatorJourneyTest::brush,
          &OperatorJourneyTest::hotShard, &OperatorJourneyTest::ledger, &OperatorJourneyTest::report,
          &OperatorJourneyTest::killedNode}) {
        (this->*part)();
        if (QTest::currentTestFailed()) return;
    }
}

void OperatorJourneyTest::open()
{
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window));
    press("startDemo");
    QTRY_VERIFY_WITH_TIMEOUT(m_bridge->snapshot(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(find<ui::MetricTile>("nodesTile")->status() == ui::Tone::Ok, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(m_bridge->workload()->status().phase == "running", kPatience);
    press("benchButton");
    QVERIFY(find("demoBench")->isVisible());
}

void OperatorJourneyTest::celebrity()
{
    auto* size = find<QComboBox>("celebritySize");
    size->setCurrentIndex(size->findData(1'000));
    const auto before = m_bridge->snapshot()->deliveriesTotal;
    press("celebrityButton");
    QTRY_VERIFY_WITH_TIMEOUT(
        scenario(backend::Scenario::CelebrityPosts).state == backend::ScenarioState::Running, kPatience);
    press("celebrityOn_overview");
    QCOMPARE(m_window->currentPageId(), QString("overview"));
    QTRY_VERIFY_WITH_TIMEOUT(m_bridge->snapshot()->deliveriesTotal > before + 4'000, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(find<ui::MetricTile>("fanoutTile")->subline().contains("p99"), kPatience);
}

void OperatorJourneyTest::brush()
{
    auto* plot = find("delayChart")->findChild<QWidget*>("plot");
    QVERIFY(plot);
    const auto at = [&](double share) { return QPoint(int(plot->width() * share), plot->height() / 2); };
    QTest::mousePress(plot, Qt::LeftButton, {}, at(0.7));
    QMouseEvent move(QEvent::MouseMove, at(0.95), plot->mapToGlobal(at(0.95)), Qt::NoButton, Qt::LeftButton,
                     {});
    QApplication::sendEvent(plot, &move);
    QTest::mouseRelease(plot, Qt::LeftButton, {}, at(0.95));
    QVERIFY(m_range->chosen());
    QVERIFY(!find<QLabel>("chosenTime")->text().isEmpty());
    m_range->reset();
    QTRY_VERIFY_WITH_TIMEOUT(idle(backend::Scenario::CelebrityPosts), kPatience);
    QCOMPARE(scenario(backend::Scenario::CelebrityPosts).error, std::string());
}

void OperatorJourneyTest::hotShard()
{
    press("hotShardButton");
    QTRY_VERIFY_WITH_TIMEOUT(scenario(backend::Scenario::HotShard).subject.starts_with("shard "), kPatience);
    const int shard = std::stoi(scenario(backend::Scenario::HotShard).subject.substr(6));
    const auto hottest = [&] {
        const auto& shards = m_bridge->snapshot()->shards;
        for (const auto& one : shards)
            if (one.shard != shard && one.readsPerSecond >= shards[std::size_t(shard)].readsPerSecond)
                return false;
        return shards[std::size_t(shard)].readsPerSecond > 10;
    };
    QTRY_VERIFY_WITH_TIMEOUT(hottest(), kPatience);
    press("hotShardOn_shards");
    QCOMPARE(m_window->currentPageId(), QString("shards"));
    auto* table = find<QAbstractItemView>("shardTable");
    // The bench hears a moment later which shard it is.
    const auto chosen = [&] {
        press("hotShardOn_shards");
        return table->currentIndex().siblingAtColumn(0).data().toInt() == shard;
    };
    QTRY_VERIFY_WITH_TIMEOUT(chosen(), kPatience);
    press("hotShardButton"); // stops it
    QTRY_VERIFY_WITH_TIMEOUT(idle(backend::Scenario::HotShard), kPatience);
}

void OperatorJourneyTest::ledger()
{
    press("celebrityOn_timeline");
    QCOMPARE(m_window->currentPageId(), QString("timeline"));
    auto* posts = find<QAbstractItemView>("authorTimeline");
    QTRY_VERIFY_WITH_TIMEOUT(posts->model()->rowCount() >= 8, kPatience);
    posts->setCurrentIndex(posts->model()->index(0, 0));
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("ledgerPushed")->text().contains("1,001"), kPatience);
}

void OperatorJourneyTest::report()
{
    m_window->showPage("shards");
    const auto path = m_directory.filePath("report.html");
    find<ui::ShardsPage>("shardsPage")->exportTo(path);
    QTRY_VERIFY_WITH_TIMEOUT(QFile(path).size() > 1'000, kPatience);
}

void OperatorJourneyTest::killedNode()
{
    press("killedRedisButton");
    press("killedRedisOn_overview");
    auto* nodes = find<ui::MetricTile>("nodesTile");
    QTRY_VERIFY_WITH_TIMEOUT(nodes->status() == ui::Tone::Critical, kPatience);
    const auto name = QString::fromStdString(scenario(backend::Scenario::KilledRedis).subject);
    QVERIFY(name.startsWith("redis-"));
    QTRY_COMPARE_WITH_TIMEOUT(nodes->subline(), QString("1 down"), kPatience); // others may have been late
    const auto* table = find<QAbstractItemView>("nodeTable")->model();
    const auto dead = table->match(table->index(0, 0), Qt::DisplayRole, name, 1, Qt::MatchExactly);
    QCOMPARE(dead.size(), 1);
    QCOMPARE(dead.front().siblingAtColumn(1).data().toString(), QString("down"));
    QCOMPARE(find<QPushButton>("killedRedisButton")->text(), QString("Bring it back"));
    press("killedRedisButton");
    QTRY_VERIFY_WITH_TIMEOUT(idle(backend::Scenario::KilledRedis), kPatience);
    QCOMPARE(scenario(backend::Scenario::KilledRedis).error, std::string());
    const auto rebuilt = [this] {
        const auto restore = m_bridge->snapshot()->restore;
        return !restore || !restore->running;
    };
    QTRY_VERIFY_WITH_TIMEOUT(rebuilt(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(nodes->status() == ui::Tone::Ok, kPatience);
}

QTEST_MAIN(OperatorJourneyTest)
#include "operator_journey_test.moc"
