// The Demo bench on scripted traffic and scenarios: what it shows, what it asks for, and what it cannot do.
#include <QComboBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "tests/ui/window_fixture.h"
#include "ui/widgets/demo_bench.h"
#include "ui/widgets/label.h"
#include "ui/widgets/scenario_texts.h"

namespace tests {

using backend::Scenario;
using backend::ScenarioState;

class DemoBenchTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void onlyWhereThereAreScenarios();
    void buttonAndKeyToggleItAndItsStateIsRemembered();
    void keysGoToThePagesWhenItTakesTheFocusAway();
    void everyScenarioSaysWhatToWatchAndGoesThere();
    void slidersAndBoxesSetTheRates();
    void startsWithTheChosenSizeAndStopsInTheMiddle();
    void slowStartShowsThatItRuns();
    void errorsAreSaid();
    void readOnlyStartsNothing();
    void logGrowsAndStaysWhereItWasScrolledTo();

private:
    std::unique_ptr<WindowFixture> make()
    {
        auto fixture = std::make_unique<WindowFixture>(m_directory->filePath("rookery.ini"));
        fixture->fake->scenarios = std::make_shared<FakeScenarios>();
        fixture->fake->workload = std::make_shared<FakeWorkload>();
        backend::WorkloadStatus status;
        status.running = true;
        status.phase = "running";
        status.phaseFraction = 1;
        status.wanted = {40, 120, 2};
        status.actual = {38.5, 117.25, 1.9};
        fixture->fake->workload->setStatus(status);
        return fixture;
    }
    static void look(const WindowFixture& fixture) { fixture.find<ui::DemoBench>("demoBench")->refresh(); }
    static backend::ScenarioStatus at(Scenario scenario, ScenarioState state, const std::string& step,
                                      double fraction)
    {
        backend::ScenarioStatus status;
        status.scenario = scenario;
        status.state = state;
        status.step = step;
        status.fraction = fraction;
        status.subject = "redis-3";
        status.startedAt = backend::TimePoint(std::chrono::seconds(1'800'000'000));
        return status;
    }

    std::unique_ptr<QTemporaryDir> m_directory;
};

void DemoBenchTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    QVERIFY(m_directory->isValid());
}

void DemoBenchTest::onlyWhereThereAreScenarios()
{
    auto fixture = make();
    fixture->fake->scenarios = nullptr; // as when connected to a cluster
    QVERIFY(fixture->showOpen());
    QVERIFY(!fixture->find<QWidget>("benchButton")->isVisible());
    fixture->press(Qt::Key_F8);
    QVERIFY(!fixture->find<QWidget>("demoBench")->isVisible());
    // A replay has no traffic to control and scenarios all the same.
    fixture->click("closeSession");
    fixture->fake->workload = nullptr;
    fixture->fake->scenarios = std::make_shared<FakeScenarios>();
    fixture->click("startDemo");
    QTRY_VERIFY(fixture->bridge.snapshot());
    fixture->click("benchButton");
    QVERIFY(fixture->find<QWidget>("demoBench")->isVisible());
    QVERIFY(!fixture->find<QWidget>("benchTraffic")->isVisible());
    QVERIFY(fixture->find<QWidget>("killedRedisButton")->isVisible());
}

void DemoBenchTest::buttonAndKeyToggleItAndItsStateIsRemembered()
{
    {
        auto fixture = make();
        QVERIFY(fixture->showOpen());
        auto* bench = fixture->find<QWidget>("demoBench");
        QVERIFY(!bench->isVisible());
        fixture->click("benchButton");
        QVERIFY(bench->isVisible());
        QVERIFY(fixture->find<QToolButton>("benchButton")->isChecked());
        QVERIFY(!fixture->find<QWidget>("postsRate")->isVisible()); // one place for one thing
        fixture->click("closeBench");
        QVERIFY(!bench->isVisible());
        QVERIFY(!fixture->find<QToolButton>("benchButton")->isChecked());
        QVERIFY(fixture->find<QWidget>("postsRate")->isVisible());
        fixture->press(Qt::Key_F8);
        QVERIFY(bench->isVisible());
        fixture->click("closeSession");
        QVERIFY(!bench->isVisible());
        fixture->window->close();
    }
    auto again = make();
    QVERIFY(again->showOpen());
    QTRY_VERIFY(again->find<QWidget>("demoBench")->isVisible());
    QVERIFY(again->find<QToolButton>("benchButton")->isChecked());
}

// Not to whichever tile comes next, which Space would open.
void DemoBenchTest::keysGoToThePagesWhenItTakesTheFocusAway()
{
    auto fixture = make();
    QVERIFY(fixture->showOpen());
    auto* pages = fixture->find<QWidget>("pages");
    auto* traffic = fixture->find<QWidget>("workloadRunning"); // it is hidden while the bench is there
    traffic->setFocus();
    QVERIFY(traffic->hasFocus());
    fixture->press(Qt::Key_F8);
    QVERIFY(!traffic->isVisible() && pages->hasFocus());
    auto* close = fixture->find<QWidget>("closeBench");
    close->setFocus();
    QVERIFY(close->hasFocus());
    fixture->press(Qt::Key_F8);
    QVERIFY(!close->isVisible() && pages->hasFocus());
    fixture->press(Qt::Key_Space);
    QVERIFY(!fixture->range.live());
}

void DemoBenchTest::everyScenarioSaysWhatToWatchAndGoesThere()
{
    auto fixture = make();
    QVERIFY(fixture->showOpen());
    fixture->click("benchButton");
    const auto pages = fixture->window->pageIds();
    for (const auto scenario : backend::kScenarios) {
        const auto text = ui::scenarioText(scenario);
        QVERIFY(!text.what.isEmpty() && !text.watch.isEmpty() && !text.places.empty());
        for (const auto& place : text.places) {
            QVERIFY2(pages.contains(place.page), qPrintable(place.page));
            auto* link = fixture->window->findChild<QToolButton*>(text.key + "On_" + place.page);
            QVERIFY2(link, qPrintable(text.key + place.page));
            link->click();
            QCOMPARE(fixture->window->currentPageId(), place.page);
        }
    }
}

void DemoBenchTest::slidersAndBoxesSetTheRates()
{
    auto fixture = make();
    QVERIFY(fixture->showOpen());
    fixture->click("benchButton");
    auto* box = fixture->find<QSpinBox>("benchPostsBox");
    auto* slider = fixture->find<QSlider>("benchPostsSlider");
    QCOMPARE(box->value(), 40);
    QCOMPARE(fixture->find<QLabel>("benchReadsActual")->text(), QString("achieved 117/s"));
    slider->setValue(slider->maximum());
    QCOMPARE(box->value(), 2000);
    QCOMPARE(fixture->fake->workload->status().wanted.postsPerSecond, 2000.0);
    QCOMPARE(fixture->fake->workload->status().wanted.readsPerSecond, 120.0);
    slider->setValue(0);
    QCOMPARE(fixture->fake->workload->status().wanted.postsPerSecond, 0.0);
    slider->setValue(slider->maximum() / 2); // logarithmic: the middle is the square root
    QVERIFY(box->value() >= 44 && box->value() <= 46);
    box->setFocus();
    box->selectAll();
    QTest::keyClicks(box, "7");
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(fixture->fake->workload->status().wanted.postsPerSecond, 7.0);
    QCOMPARE(box->value(), 7);
    fixture->find<QWidget>("pages")->setFocus();
    fixture->fake->workload->setRates({500, 8, 7}); // somebody else's
    look(*fixture);
    QCOMPARE(box->value(), 500);
    fixture->click("benchRunning");
    QVERIFY(!fixture->fake->workload->status().running);
}

void DemoBenchTest::startsWithTheChosenSizeAndStopsInTheMiddle()
{
    auto fixture = make();
    QVERIFY(fixture->showOpen());
    fixture->click("benchButton");
    auto& scenarios = *fixture->fake->scenarios;
    auto* size = fixture->find<QComboBox>("celebritySize");
    QCOMPARE(size->currentData().toLongLong(), 100'000);
    size->setCurrentIndex(size->findData(1'000'000));
    auto* button = fixture->find<QPushButton>("celebrityButton");
    button->click();
    QCOMPARE(scenarios.calls().back(), std::string("start 0 1000000"));
    QVERIFY(!size->isEnabled());
    scenarios.setStatus(at(Scenario::CelebrityPosts, ScenarioState::Running, "post 3 of 8", 0.25));
    look(*fixture);
    auto* bar = fixture->find<QProgressBar>("celebrityProgress");
    QVERIFY(!bar->isHidden());
    QCOMPARE(bar->value(), bar->maximum() / 4);
    QCOMPARE(fixture->find<QLabel>("celebrityStep")->text(), QString("post 3 of 8"));
    QCOMPARE(button->text(), QString("Stop"));
    button->click();
    QCOMPARE(scenarios.calls().back(), std::string("stop 0"));
    QVERIFY(!button->isEnabled()); // it is being put right
    auto over = at(Scenario::CelebrityPosts, ScenarioState::Idle, "", -1);
    over.endedAt = *over.startedAt + std::chrono::seconds(12);
    scenarios.setStatus(over);
    look(*fixture);
    QVERIFY(button->isEnabled());
    QCOMPARE(button->text(), QString("Start"));
    QVERIFY(bar->isHidden());
    QVERIFY(fixture->find<QLabel>("celebrityStep")->text().contains("after 12"));
}

void DemoBenchTest::slowStartShowsThatItRuns()
{
    auto fixture = make();
    QVERIFY(fixture->showOpen());
    fixture->click("benchButton");
    fixture->find<QPushButton>("killedRedisButton")->click();
    // Nothing is known of how far it is: the bar has no end, and it can be stopped already.
    auto* bar = fixture->find<QProgressBar>("killedRedisProgress");
    QVERIFY(!bar->isHidden());
    QCOMPARE(bar->maximum(), 0);
    QVERIFY(fixture->find<QPushButton>("killedRedisButton")->isEnabled());
    QCOMPARE(fixture->find<QPushButton>("killedRedisButton")->text(), QString("Bring it back"));
}

void DemoBenchTest::errorsAreSaid()
{
    auto fixture = make();
    auto& scenarios = *fixture->fake->scenarios;
    scenarios.refuseWith(backend::Error{backend::ErrorCode::Conflict, "The demo is closing.", false});
    QVERIFY(fixture->showOpen());
    fixture->click("benchButton");
    auto* step = fixture->find<ui::Label>("coldCacheStep");
    fixture->find<QPushButton>("coldCacheButton")->click();
    QCOMPARE(step->text(), QString("Not started: The demo is closing."));
    QCOMPARE(step->tone(), ui::Tone::Critical);
    auto failed = at(Scenario::ColdCache, ScenarioState::Idle, "", -1);
    failed.error = "pg-1 does not answer";
    scenarios.refuseWith(std::nullopt);
    fixture->find<QPushButton>("coldCacheButton")->click();
    scenarios.setStatus(failed);
    look(*fixture);
    QCOMPARE(step->text(), QString("Failed: pg-1 does not answer"));
    QCOMPARE(step->tone(), ui::Tone::Critical);
    QVERIFY(fixture->find<QPushButton>("coldCacheButton")->isEnabled());
}

void DemoBenchTest::readOnlyStartsNothing()
{
    auto fixture = make();
    fixture->engine().setReadOnly(true);
    QVERIFY(fixture->showOpen());
    fixture->click("benchButton");
    QVERIFY(fixture->find<QLabel>("benchBlocked")->text().contains("read-only"));
    for (const auto scenario : backend::kScenarios) {
        auto* button = fixture->window->findChild<QPushButton*>(ui::scenarioText(scenario).key + "Button");
        QVERIFY(!button->isEnabled());
        button->click();
    }
    QVERIFY(fixture->fake->scenarios->calls().empty());
}

void DemoBenchTest::logGrowsAndStaysWhereItWasScrolledTo()
{
    auto fixture = make();
    QVERIFY(fixture->showOpen());
    fixture->click("benchButton");
    auto& scenarios = *fixture->fake->scenarios;
    auto* log = fixture->find<QPlainTextEdit>("benchLog");
    backend::ScenarioEvent event;
    event.at = backend::TimePoint(std::chrono::seconds(1'800'000'000));
    event.scenario = Scenario::KilledRedis;
    event.text = "redis-3 was killed (SIGKILL) with 12 keys.";
    scenarios.addEvent(event);
    look(*fixture);
    QVERIFY2(log->toPlainText().endsWith("Killed Redis node: redis-3 was killed (SIGKILL) with 12 keys."),
             qPrintable(log->toPlainText()));
    scenarios.addEvent(event);
    look(*fixture);
    QCOMPARE(log->document()->blockCount(), 2);
    // The next session begins with an empty one.
    fixture->click("closeSession");
    fixture->fake->scenarios = std::make_shared<FakeScenarios>();
    fixture->click("startDemo");
    QTRY_VERIFY(fixture->bridge.snapshot());
    look(*fixture);
    QVERIFY(log->toPlainText().isEmpty());
}

} // namespace tests

QTEST_MAIN(tests::DemoBenchTest)
#include "demo_bench_test.moc"
