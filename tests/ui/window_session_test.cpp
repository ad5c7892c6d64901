// Sessions in the window: closing one and opening another, an engine that hangs, a node that is down, and how
// the environment is told apart.
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include "tests/ui/window_fixture.h"
#include "ui/widgets/label.h"
#include "ui/widgets/metric_tile.h"

using namespace std::chrono_literals;

namespace tests {

class WindowSessionTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void closesAndOpensAnother();
    void deadLettersOfAClosedClusterAreGone();
    void staleWhileTheEngineHangs();
    void deadNodeIsNamed();
    void readOnlyIsSaid();
    void environmentColoursTheTop_data();
    void environmentColoursTheTop();

private:
    QString settingsFile() const { return m_directory->filePath("rookery.ini"); }

    std::unique_ptr<QTemporaryDir> m_directory;
};

void WindowSessionTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    QVERIFY(m_directory->isValid());
}

void WindowSessionTest::closesAndOpensAnother()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    fixture.window->showPage("shards");
    auto first = fixture.fake;
    fixture.click("closeSession");
    QVERIFY(fixture.find<QWidget>("startPage")->isVisible());
    QVERIFY(fixture.find<QPushButton>("startDemo")->isVisible());
    QCOMPARE(fixture.window->windowTitle(), QString("Rookery"));
    QVERIFY(fixture.find<QLabel>("healthSummary")->text().isEmpty());
    QTRY_COMPARE(first->closed.load(), 1);
    fixture.fake = std::make_shared<FakeBackend>();
    auto snapshot = fakeSnapshot(1, 16);
    snapshot.clusterName = "second";
    snapshot.environment = "production";
    fixture.engine().setSnapshot(snapshot);
    fixture.engine().hold("snapshot");
    fixture.click("startDemo");
    QTRY_COMPARE(fixture.bridge.state(), ui::EngineBridge::State::Open);
    // Until the second cluster has spoken nothing of the first is to be seen.
    QCOMPARE(fixture.window->currentPageId(), QString("shards"));
    QVERIFY(!fixture.find<QLabel>("clusterName")->text().contains("fake"));
    QVERIFY(fixture.find<QLabel>("environment")->text().isEmpty());
    QVERIFY(fixture.find<QLabel>("dataAge")->text().isEmpty());
    QVERIFY(!fixture.find<QTableView>("shardTable")->isVisible());
    fixture.engine().releaseAll();
    QTRY_COMPARE(fixture.find<QLabel>("clusterName")->text(), QString("second"));
    QTRY_COMPARE(fixture.find<QTableView>("shardTable")->model()->rowCount(), 16);
    QCOMPARE(first->opened.load(), 1);
}

void WindowSessionTest::deadLettersOfAClosedClusterAreGone()
{
    WindowFixture fixture(settingsFile());
    backend::DeadLetter letter;
    letter.ref = {2, 77};
    letter.error = "redis-3 does not answer";
    fixture.engine().setDeadLetters({letter});
    QVERIFY(fixture.showOpen());
    fixture.window->showPage("queue");
    const auto rows = [&] {
        const auto* table = fixture.find<QTableView>("deadLetterTable");
        return table ? table->model()->rowCount() : -1;
    };
    auto* reload = fixture.find<QPushButton>("reloadDeadLetters");
    QVERIFY(reload);
    reload->click();
    QTRY_COMPARE(rows(), 1);
    fixture.click("closeSession");
    fixture.fake = std::make_shared<FakeBackend>();
    fixture.engine().hold("deadLetterGroups");
    fixture.click("startDemo");
    QTRY_COMPARE(fixture.bridge.state(), ui::EngineBridge::State::Open);
    // A retry here would name tasks of the other cluster.
    QCOMPARE(fixture.window->currentPageId(), QString("queue"));
    QCOMPARE(rows(), 0);
}

void WindowSessionTest::staleWhileTheEngineHangs()
{
    WindowFixture fixture(settingsFile());
    fixture.bridge.setStaleAfter(200ms);
    QVERIFY(fixture.showOpen());
    QVERIFY(fixture.waitForNews());
    auto* age = fixture.find<ui::Label>("dataAge");
    fixture.engine().hold("snapshot");
    QTRY_VERIFY(fixture.bridge.stale());
    QVERIFY(age->text().startsWith("stale"));
    QCOMPARE(age->tone(), ui::Tone::Warning);
    QVERIFY(age->toolTip().contains("hangs"));
    // The last figures stay, and are said to grow old.
    QVERIFY(fixture.find<ui::MetricTile>("deliveriesTile")->isVisible());
    const auto first = *fixture.bridge.dataAge();
    QTRY_VERIFY(*fixture.bridge.dataAge() > first + 1s);
    static const QRegularExpression counted("^stale: [1-9]\\d* s old$");
    QTRY_VERIFY2(counted.match(age->text()).hasMatch(), qPrintable(age->text()));
    fixture.click("shardsEntry"); // still answers
    QCOMPARE(fixture.window->currentPageId(), QString("shards"));
    fixture.engine().releaseAll();
    QTRY_VERIFY(!fixture.bridge.stale());
    QTRY_VERIFY(!age->text().startsWith("stale"));
    QCOMPARE(age->tone(), ui::Tone::Muted);
    // The sampler itself hangs: the engine answers, always the same.
    fixture.engine().setSequenceAdvances(false);
    QTRY_VERIFY(age->text().startsWith("stale"));
    fixture.click("closeSession");
    QVERIFY(!fixture.bridge.stale());
}

void WindowSessionTest::deadNodeIsNamed()
{
    WindowFixture fixture(settingsFile());
    auto snapshot = fakeSnapshot(1);
    snapshot.nodes[4].health = backend::Health::Down;
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.showOpen());
    auto* health = fixture.find<ui::Label>("healthSummary");
    QTRY_VERIFY(health->text().startsWith("9 of 10 nodes ok, down: redis-3"));
    QCOMPARE(health->tone(), ui::Tone::Critical);
}

void WindowSessionTest::readOnlyIsSaid()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    QTRY_COMPARE(fixture.find<QLabel>("clusterName")->text(), QString("fake"));
    QVERIFY(!fixture.find<QLabel>("readOnly")->isVisible());
    fixture.click("closeSession");
    fixture.engine().setReadOnly(true);
    fixture.click("startDemo");
    QTRY_VERIFY(fixture.find<QLabel>("readOnly")->isVisible());
    QCOMPARE(fixture.find<QLabel>("readOnly")->text(), QString("read-only"));
}

void WindowSessionTest::environmentColoursTheTop_data()
{
    QTest::addColumn<QString>("environment");
    QTest::addColumn<int>("tone");
    QTest::newRow("production") << "production" << int(ui::Tone::Critical);
    QTest::newRow("Prod EU") << "Prod EU" << int(ui::Tone::Critical);
    QTest::newRow("staging") << "staging" << int(ui::Tone::Warning);
    QTest::newRow("demo") << "demo" << int(ui::Tone::Accent);
}

void WindowSessionTest::environmentColoursTheTop()
{
    QFETCH(QString, environment);
    QFETCH(int, tone);
    WindowFixture fixture(settingsFile());
    auto snapshot = fakeSnapshot(1);
    snapshot.environment = environment.toStdString();
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.showOpen());
    auto* label = fixture.find<ui::Label>("environment");
    QTRY_COMPARE(label->text(), environment);
    QCOMPARE(label->tone(), ui::Tone(tone));
    auto* bar = fixture.find<QWidget>("topBar");
    const auto picture = bar->grab().toImage();
    QCOMPARE(picture.pixelColor(picture.width() / 2, 1), fixture.theme.color(ui::Tone(tone)));
    // Below the words and buttons nothing is drawn.
    QCOMPARE(picture.pixelColor(picture.width() / 3, picture.height() - 4), fixture.theme.card());
}

} // namespace tests

QTEST_MAIN(tests::WindowSessionTest)
#include "window_session_test.moc"
