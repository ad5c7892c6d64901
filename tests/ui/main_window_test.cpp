// The window as a person uses it, from the start page through its pages: mouse and keys on a scripted engine.
#include <QAbstractButton>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QProgressBar>
#include <QPushButton>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include "tests/ui/settled.h"
#include "tests/ui/window_fixture.h"
#include "ui/widgets/label.h"

namespace tests {

class MainWindowTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void choosesTheDemo();
    void tellsWhatIsBuiltAgain();
    void tellsWhatFails();
    void tellsOfTheHistoryOnDisk();
    void showsTheProgressOfOpening();
    void cancelsAnOpening();
    void theRailGivesWayToPages();
    void escapeCancelsAnOpening();
    void failedOpeningSaysWhyAndTriesAgain();
    void goesBackFromAFailure();
    void offersRecentClusters();
    void railLeadsToEveryPage();
    void altAndADigitLeadToEveryPage();
    void keysDoNothingBeforeASession();
    void refreshesWithF5();
    void spacePausesAndGoesOn();
    void spaceOnAButtonIsTheButtons();
    void aTableLeavesTheWindowItsKeys();
    void minimisedDoesNotPoll();
    void findsWithCtrlF();
    void questionMarkShowsTheKeys();
    void windowButtonsSetTheRange();

private:
    QString settingsFile() const { return m_directory->filePath("rookery.ini"); }

    std::unique_ptr<QTemporaryDir> m_directory;
};

void MainWindowTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    QVERIFY(m_directory->isValid());
}

// --- opening

void MainWindowTest::choosesTheDemo()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.show());
    QVERIFY(fixture.find<QWidget>("startPage")->isVisible());
    QVERIFY(!fixture.find<QWidget>("navigationRail")->isVisible());
    QVERIFY(fixture.find<QPushButton>("startDemo")->hasFocus());
    fixture.press(Qt::Key_Return);
    QTRY_COMPARE(fixture.bridge.state(), ui::EngineBridge::State::Open);
    QCOMPARE(fixture.choices.size(), std::size_t(1));
    QCOMPARE(fixture.choices[0].kind, ui::SessionChoice::Kind::Demo);
    QTRY_VERIFY(fixture.find<QWidget>("overviewPage")->isVisible());
    QVERIFY(!fixture.find<QWidget>("startPage")->isVisible());
    QTRY_COMPARE(fixture.find<QLabel>("clusterName")->text(), QString("fake"));
    QCOMPARE(fixture.find<QLabel>("environment")->text(), QString("staging"));
    QVERIFY(fixture.window->windowTitle().startsWith("fake"));
    QCOMPARE(fixture.find<QLabel>("healthSummary")->text(), QString("10 of 10 nodes ok · 4 dead letters"));
}

void MainWindowTest::tellsWhatIsBuiltAgain()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.show());
    fixture.press(Qt::Key_Return);
    QTRY_COMPARE(fixture.bridge.state(), ui::EngineBridge::State::Open);
    auto snapshot = *fixture.fake->engine->monitor().snapshot();
    backend::RestoreProgress restore;
    restore.running = true;
    restore.nodes = {"redis-3"};
    restore.readers = 12'000;
    restore.looked = 3'000;
    restore.restored = 2'900;
    restore.perSecond = 500;
    snapshot.restore = restore;
    ++snapshot.sequence;
    fixture.fake->engine->setSnapshot(snapshot);
    QTRY_COMPARE(fixture.find<QLabel>("healthSummary")->text(),
                 QString("10 of 10 nodes ok · building timelines again on redis-3: 3,000 of 12,000 readers "
                         "looked at, 18 s left · 4 dead letters"));
    snapshot.restore->restored = 0; // everything was there
    ++snapshot.sequence;
    fixture.fake->engine->setSnapshot(snapshot);
    QTRY_VERIFY(!fixture.find<QLabel>("healthSummary")->text().contains("building"));
}

// Whatever page is shown.
void MainWindowTest::tellsWhatFails()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    auto snapshot = *fixture.fake->engine->monitor().snapshot();
    snapshot.queueDead = 0;
    const auto healthy = snapshot;
    snapshot = withFailingCalls(snapshot, snapshot.takenAt);
    ++snapshot.sequence;
    fixture.fake->engine->setSnapshot(snapshot);
    auto* health = fixture.find<ui::Label>("healthSummary");
    QTRY_COMPARE(health->text(), QString("10 of 10 nodes ok · 62 % of reads fail · 10 % of writes fail · "
                                         "4 % of pages are incomplete"));
    QCOMPARE(health->tone(), ui::Tone::Critical);
    snapshot = healthy;
    snapshot.sequence += 2;
    fixture.fake->engine->setSnapshot(snapshot);
    QTRY_COMPARE(health->text(), QString("10 of 10 nodes ok · 64 logical shards · shard map epoch 7"));
    QCOMPARE(health->tone(), ui::Tone::Muted);
    for (auto& engine : snapshot.engines)
        engine.paused = true;
    snapshot.queueOldestAgeSeconds = 20;
    snapshot.sequence += 10;
    fixture.fake->engine->setSnapshot(snapshot);
    QTRY_COMPARE(health->text(), QString("10 of 10 nodes ok · all workers are paused"));
    QCOMPARE(health->tone(), ui::Tone::Critical); // and tasks wait
    snapshot.engines[0].paused = false;
    snapshot.backlog = backend::Backlog{backend::Backlog::Cause::AllBusy, 900, snapshot.takenAt};
    ++snapshot.sequence;
    fixture.fake->engine->setSnapshot(snapshot);
    QTRY_COMPARE(health->text(), QString("10 of 10 nodes ok · workers fall behind"));
    snapshot.backlog.reset();
    snapshot.queueDead = 1;
    ++snapshot.sequence;
    fixture.fake->engine->setSnapshot(snapshot);
    QTRY_COMPARE(health->text(), QString("10 of 10 nodes ok · 1 dead letter"));
    QCOMPARE(health->tone(), ui::Tone::Critical);
}

// History that is not kept on disk, or not where it was, is said by a note whose words tell why.
void MainWindowTest::tellsOfTheHistoryOnDisk()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    auto* note = fixture.find<ui::Label>("historyProblem");
    QVERIFY(!note->isVisible());
    auto snapshot = *fixture.fake->engine->monitor().snapshot();
    snapshot.historyProblem = "the history file /x/history.sqlite was damaged; it lies in history.sqlite.old";
    ++snapshot.sequence;
    fixture.fake->engine->setSnapshot(snapshot);
    QTRY_VERIFY(note->isVisible());
    QCOMPARE(note->text(), QString("note on the history on disk"));
    QCOMPARE(note->tone(), ui::Tone::Warning);
    QCOMPARE(note->toolTip(), QString::fromStdString(snapshot.historyProblem));
    QCOMPARE(note->accessibleDescription(), note->toolTip()); // for those who hear it
    QVERIFY(note->width() >= note->sizeHint().width());       // whole
    snapshot.historyProblem.clear();
    ++snapshot.sequence;
    fixture.fake->engine->setSnapshot(snapshot);
    QTRY_VERIFY(!note->isVisible());
}

void MainWindowTest::showsTheProgressOfOpening()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->holdOpening = true;
    QVERIFY(fixture.show());
    fixture.click("startDemo");
    auto* step = fixture.find<QLabel>("openingStep");
    QTRY_COMPARE(step->text(), QString("creating 64 shards…"));
    QVERIFY(step->isVisible());
    auto* bar = fixture.find<QProgressBar>("openingProgress");
    QCOMPARE(bar->value(), bar->maximum() * 8 / 10);
    QVERIFY(!fixture.find<QPushButton>("startDemo")->isVisible());
    fixture.fake->holdOpening = false;
    QTRY_VERIFY(fixture.find<QWidget>("navigationRail")->isVisible());
}

void MainWindowTest::theRailGivesWayToPages()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.show());
    fixture.click("startDemo");
    auto* rail = fixture.find<QWidget>("navigationRail");
    QTRY_VERIFY(rail->isVisible());
    fixture.window->resize(1280, 800);
    QTRY_VERIFY(rail->width() > 150);
    fixture.window->resize(1000, 800);
    QTRY_VERIFY(rail->width() < 60);
    auto* shards = fixture.find<QAbstractButton>("shardsEntry");
    QVERIFY(shards->toolTip().startsWith("Shards"));
    QTest::mouseClick(shards, Qt::LeftButton);
    QVERIFY(shards->isChecked());
    fixture.window->resize(1280, 800);
    QTRY_VERIFY(rail->width() > 150);
}

void MainWindowTest::cancelsAnOpening()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->holdOpening = true;
    QVERIFY(fixture.show());
    fixture.click("startDemo");
    QTRY_VERIFY(fixture.find<QPushButton>("cancelOpening")->isVisible());
    fixture.click("cancelOpening");
    QVERIFY(fixture.find<QPushButton>("startDemo")->isVisible());
    QVERIFY(fixture.find<QPushButton>("startDemo")->hasFocus());
    fixture.fake->holdOpening = false;
    fixture.click("startDemo");
    QTRY_COMPARE(fixture.bridge.state(), ui::EngineBridge::State::Open);
    QCOMPARE(fixture.fake->opened.load(), 1);
}

void MainWindowTest::failedOpeningSaysWhyAndTriesAgain()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->openingFails =
        backend::Error{backend::ErrorCode::Configuration,
                       "initdb is missing. Install it: sudo apt install postgresql redis-server", false};
    QVERIFY(fixture.show());
    fixture.click("startDemo");
    auto* error = fixture.find<QLabel>("openingError");
    QTRY_VERIFY(error->isVisible());
    QCOMPARE(error->text(),
             QString("initdb is missing. Install it: sudo apt install postgresql redis-server"));
    QVERIFY(error->textInteractionFlags().testFlag(Qt::TextSelectableByMouse)); // to paste the command
    QVERIFY(fixture.find<QPushButton>("retryOpening")->hasFocus());
    fixture.press(Qt::Key_Return); // fails again, says so again
    QTRY_VERIFY(error->isVisible() && fixture.bridge.state() == ui::EngineBridge::State::Failed);
    fixture.fake->openingFails.reset();
    fixture.click("retryOpening");
    QTRY_VERIFY(fixture.find<QWidget>("overviewPage"));
    QCOMPARE(fixture.choices.size(), std::size_t(1)); // the same choice, opened again
}

void MainWindowTest::goesBackFromAFailure()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->openingFails =
        backend::Error{backend::ErrorCode::Unavailable, "pg-1 does not answer", true};
    QVERIFY(fixture.show());
    fixture.click("startDemo");
    QTRY_VERIFY(fixture.find<QPushButton>("backToStart")->isVisible());
    fixture.click("backToStart");
    QVERIFY(fixture.find<QPushButton>("startDemo")->isVisible());
    QVERIFY(!fixture.find<QLabel>("openingError")->isVisible());
}

void MainWindowTest::offersRecentClusters()
{
    const auto first = m_directory->filePath("first.toml"), second = m_directory->filePath("second.toml");
    {
        WindowFixture fixture(settingsFile());
        QVERIFY(fixture.show());
        QVERIFY(!fixture.find<QPushButton>("recent0"));
        for (const auto& file : {first, second, first})
            fixture.window->openSession({ui::SessionChoice::Kind::Connect, file});
        fixture.window->close();
    }
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.show());
    QCOMPARE(fixture.find<QPushButton>("recent0")->toolTip(), first);
    QCOMPARE(fixture.find<QPushButton>("recent1")->toolTip(), second);
    QVERIFY(!fixture.find<QPushButton>("recent2"));
    fixture.click("recent1");
    QCOMPARE(fixture.choices.size(), std::size_t(1));
    QCOMPARE(fixture.choices[0].kind, ui::SessionChoice::Kind::Connect);
    QCOMPARE(fixture.choices[0].configFile, second);
    QTRY_COMPARE(fixture.bridge.state(), ui::EngineBridge::State::Open);
}

// --- pages and keys

void MainWindowTest::railLeadsToEveryPage()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    const auto ids = fixture.window->pageIds();
    QCOMPARE(ids, (QStringList{"overview", "shards", "queue", "cache", "capacity", "nodes", "events",
                               "timeline"}));
    for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
        auto* entry = fixture.find<QAbstractButton>(qPrintable(*id + "Entry"));
        QTest::mouseClick(entry, Qt::LeftButton);
        QVERIFY(entry->isChecked());
        QCOMPARE(fixture.window->currentPageId(), *id);
        auto* page = fixture.find<QWidget>(qPrintable(*id + "Page"));
        QVERIFY(page && page->isVisible());
        QVERIFY(!page->accessibleName().isEmpty());
    }
    fixture.find<QAbstractButton>("overviewEntry")->setFocus();
    fixture.press(Qt::Key_Down);
    fixture.press(Qt::Key_Space);
    QCOMPARE(fixture.window->currentPageId(), QString("shards"));
}

void MainWindowTest::altAndADigitLeadToEveryPage()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    const auto ids = fixture.window->pageIds();
    for (int i = int(ids.size()) - 1; i >= 0; --i) {
        fixture.press(Qt::Key(Qt::Key_1 + i), Qt::AltModifier);
        QCOMPARE(fixture.window->currentPageId(), ids[i]);
        QVERIFY(fixture.find<QAbstractButton>(qPrintable(ids[i] + "Entry"))->isChecked());
        QVERIFY(fixture.find<QWidget>(qPrintable(ids[i] + "Page"))->isVisible());
    }
}

void MainWindowTest::keysDoNothingBeforeASession()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.show());
    fixture.find<QPushButton>("startDemo")->clearFocus();
    fixture.press(Qt::Key_3, Qt::AltModifier);
    fixture.press(Qt::Key_F5);
    fixture.press(Qt::Key_F, Qt::ControlModifier);
    fixture.press(Qt::Key_Space);
    QVERIFY(fixture.range.live());
    QVERIFY(fixture.find<QWidget>("startPage")->isVisible());
    QVERIFY(!fixture.find<QWidget>("queuePage"));
    QVERIFY(fixture.choices.empty());
    // Nor after one.
    fixture.click("startDemo");
    QTRY_COMPARE(fixture.bridge.state(), ui::EngineBridge::State::Open);
    fixture.click("closeSession");
    fixture.find<QPushButton>("startDemo")->clearFocus();
    fixture.press(Qt::Key_Space);
    QVERIFY(fixture.range.live());
}

void MainWindowTest::refreshesWithF5()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    fixture.range.setLive(false);
    QVERIFY(!fixture.bridge.polling());
    const auto before = fixture.bridge.snapshot()->sequence;
    fixture.press(Qt::Key_F5);
    QTRY_VERIFY(fixture.bridge.snapshot()->sequence > before);
    QVERIFY(!fixture.bridge.polling());
}

void MainWindowTest::spacePausesAndGoesOn()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    auto* live = fixture.find<QAbstractButton>("liveButton");
    QCOMPARE(live->text(), QString("Live"));
    QVERIFY(live->isChecked());
    fixture.press(Qt::Key_Space);
    QVERIFY(!fixture.bridge.polling());
    QCOMPARE(live->text(), QString("Paused"));
    QVERIFY(!live->isChecked());
    // The poll that was under way comes in; after it the engine is left alone, though many intervals pass.
    fixture.bridge.refresh();
    QVERIFY(settled(fixture.engine()));
    const int asked = fixture.engine().count("snapshot");
    const auto standing = fixture.range.end();
    QTest::qWait(200);
    QCOMPARE(fixture.engine().count("snapshot"), asked);
    QCOMPARE(fixture.range.end(), standing);
    QVERIFY(!fixture.bridge.stale()); // paused is not stale; the age says how old it is
    QVERIFY(!fixture.find<QLabel>("dataAge")->text().isEmpty());
    fixture.press(Qt::Key_Space);
    QCOMPARE(live->text(), QString("Live"));
    QTRY_VERIFY(fixture.engine().count("snapshot") > asked);
    fixture.click("liveButton");
    QVERIFY(!fixture.range.live());
    QCOMPARE(live->text(), QString("Paused"));
}

void MainWindowTest::aTableLeavesTheWindowItsKeys()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    fixture.window->showPage("shards");
    auto* table = fixture.find<QTableView>("shardTable");
    QTRY_VERIFY(table->isVisible() && table->model()->rowCount() > 0);
    table->setFocus();
    table->selectRow(0);
    fixture.press(Qt::Key_Space);
    QVERIFY(!fixture.range.live());
    QTest::keyClick(fixture.window->windowHandle(), '?');
    QVERIFY(fixture.find<QDialog>("keySheet"));
}

void MainWindowTest::spaceOnAButtonIsTheButtons()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    fixture.find<QWidget>("queueTile")->setFocus();
    fixture.press(Qt::Key_Space);
    QCOMPARE(fixture.window->currentPageId(), QString("queue"));
    QVERIFY(fixture.range.live());
    fixture.window->showPage("timeline");
    auto* search = fixture.find<QLineEdit>("userSearch");
    QVERIFY(search);
    search->setFocus();
    fixture.press(Qt::Key_Space);
    QTest::keyClick(fixture.window->windowHandle(), '?');
    QCOMPARE(search->text(), QString(" ?"));
    QVERIFY(fixture.range.live());
    QVERIFY(!fixture.find<QDialog>("keySheet"));
}

void MainWindowTest::minimisedDoesNotPoll()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    QVERIFY(fixture.bridge.polling());
    fixture.window->showMinimized();
    QTRY_VERIFY(!fixture.bridge.polling());
    fixture.window->showNormal();
    QTRY_VERIFY(fixture.bridge.polling());
    fixture.range.setLive(false);
    fixture.window->showMinimized();
    fixture.window->showNormal();
    QTRY_VERIFY(!fixture.window->isMinimized());
    QVERIFY(!fixture.bridge.polling()); // still paused
}

void MainWindowTest::findsWithCtrlF()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    fixture.window->showPage("timeline");
    fixture.find<QWidget>("pages")->setFocus();
    fixture.press(Qt::Key_F, Qt::ControlModifier);
    auto* search = qobject_cast<QLineEdit*>(fixture.window->focusWidget());
    QVERIFY(search);
    QCOMPARE(search->objectName(), QString("userSearch"));
    fixture.window->showPage("overview"); // nothing to find: nothing happens
    fixture.press(Qt::Key_F, Qt::ControlModifier);
    QCOMPARE(fixture.window->currentPageId(), QString("overview"));
}

void MainWindowTest::questionMarkShowsTheKeys()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    QTest::keyClick(fixture.window->windowHandle(), '?');
    QPointer<QDialog> sheet = fixture.find<QDialog>("keySheet");
    QVERIFY(sheet && sheet->isVisible());
    QStringList words;
    for (const auto* label : sheet->findChildren<QLabel*>())
        words << label->text();
    for (const auto* key : {"Space", "F5", "Ctrl+F", "?"})
        QVERIFY2(words.contains(key), key);
    sheet->reject();
    QTRY_VERIFY(!sheet);
    fixture.click("keySheetButton");
    sheet = fixture.find<QDialog>("keySheet");
    QVERIFY(sheet && sheet->isVisible());
    QTest::keyClick(sheet->windowHandle(), Qt::Key_Escape);
    QTRY_VERIFY(!sheet);
}

void MainWindowTest::windowButtonsSetTheRange()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    QVERIFY(fixture.find<QAbstractButton>("window5")->isChecked());
    for (const int minutes : {1, 15, 60, 5}) {
        auto* button = fixture.find<QAbstractButton>(qPrintable(QString("window%1").arg(minutes)));
        QTest::mouseClick(button, Qt::LeftButton);
        QVERIFY(button->isChecked());
        QCOMPARE(int(fixture.range.window().count()), minutes);
    }
}

void MainWindowTest::escapeCancelsAnOpening()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->holdOpening = true;
    QVERIFY(fixture.show());
    fixture.click("startDemo");
    QTRY_VERIFY(fixture.find<QPushButton>("cancelOpening")->isVisible());
    fixture.press(Qt::Key_Escape);
    QCOMPARE(fixture.bridge.state(), ui::EngineBridge::State::Closed);
    QVERIFY(fixture.find<QPushButton>("startDemo")->isVisible());
    fixture.fake->holdOpening = false;
}

} // namespace tests

QTEST_MAIN(tests::MainWindowTest)
#include "main_window_test.moc"
