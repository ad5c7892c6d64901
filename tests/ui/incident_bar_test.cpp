// What is wrong now, over every page of the window.
#include <QAbstractButton>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <ctime>

#include "tests/ui/window_fixture.h"
#include "ui/incident_bar.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/notice_line.h"

namespace tests {

using namespace std::chrono_literals;

class IncidentBarTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        qputenv("TZ", "Asia/Tokyo");
        tzset();
    }
    void standsOverEveryPage();
    void leadsToWhereOneActs();
    void pausedWorkersAreResumedHere();
    void whileNothingIsAskedForItShowsThatTheyWereResumed();
    void readOnlyResumesNobody();
    void allOfItIsRead();
    void timesFollowTheZone();
    void whilePausedItSaysOfWhen();
    void aRowDoesNotShrinkWhileItStands();
    void pagesScrollWhereTheWindowIsLow();
    void goesWithTheSession();

private:
    QString settingsFile() { return m_directory.filePath(QString("%1.ini").arg(++m_files)); }
    // Nothing wrong but what is asked for.
    static backend::ClusterSnapshot still(WindowFixture& fixture)
    {
        auto out = *fixture.engine().monitor().snapshot();
        for (auto& node : out.nodes)
            node.health = backend::Health::Ok;
        out.backlog.reset();
        out.sequence += 10;
        return out;
    }
    static backend::ClusterSnapshot paused(WindowFixture& fixture)
    {
        auto out = still(fixture);
        for (auto& engine : out.engines)
            engine.paused = true;
        return out;
    }
    static void give(WindowFixture& fixture, backend::ClusterSnapshot snapshot)
    {
        snapshot.sequence = fixture.engine().monitor().snapshot()->sequence + 10;
        fixture.engine().setSnapshot(snapshot);
    }
    static backend::ClusterSnapshot behind(backend::ClusterSnapshot snapshot)
    {
        snapshot.backlog = backend::Backlog{backend::Backlog::Cause::Retrying, 900, snapshot.takenAt - 30s};
        return snapshot;
    }

    QTemporaryDir m_directory;
    int m_files = 0;
};

void IncidentBarTest::standsOverEveryPage()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    const auto healthy = still(fixture);
    give(fixture, healthy);
    auto* bar = fixture.find<ui::IncidentBar>("incidentBar");
    QTRY_VERIFY(!bar->isVisible());
    give(fixture, behind(withNodeDown(healthy, 2)));
    QTRY_VERIFY(bar->isVisible());
    for (const auto& page : fixture.window->pageIds()) {
        fixture.window->showPage(page);
        auto* shown = fixture.find<QWidget>(qPrintable(page + "Page"));
        for (const auto* name : {"incident0", "incident1"}) {
            auto* row = fixture.find<ui::NoticeLine>(name);
            QVERIFY2(row->isVisible() && !row->headline().isEmpty(), qPrintable(page));
            const auto under = row->mapTo(fixture.window.get(), row->rect().bottomLeft()).y();
            QVERIFY2(under < shown->mapTo(fixture.window.get(), QPoint()).y(), qPrintable(page));
        }
    }
    QCOMPARE(fixture.find<ui::NoticeLine>("incident0")->headline(), QString("pg-2 is down"));
    give(fixture, withNodeDown(healthy, 2));
    QTRY_VERIFY(!fixture.find<ui::NoticeLine>("incident1")->isVisible());
    QVERIFY(fixture.find<ui::NoticeLine>("incident0")->isVisible());
    give(fixture, healthy);
    QTRY_VERIFY(!bar->isVisible());
}

void IncidentBarTest::leadsToWhereOneActs()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    give(fixture, behind(withNodeDown(still(fixture), 2)));
    QTRY_VERIFY(fixture.find<ui::NoticeLine>("incident1") != nullptr);
    const auto press = [&](const char* row) {
        auto* link = fixture.find<QWidget>(row)->findChild<QAbstractButton*>("noticeLink");
        QTest::mouseClick(link, Qt::LeftButton);
    };
    press("incident1");
    QCOMPARE(fixture.window->currentPageId(), QString("queue"));
    QCOMPARE(fixture.find<QTabWidget>("queueTabs")->currentIndex(), 1); // the workers
    fixture.window->showPage("nodes", "redis-1"); // chosen by a person, whatever is worse
    auto* page = fixture.find<ui::Page>("nodesPage");
    QTRY_COMPARE(page->linkArgument(), QString("redis-1"));
    press("incident0");
    QCOMPARE(fixture.window->currentPageId(), QString("nodes"));
    QTRY_COMPARE(page->linkArgument(), QString("pg-2"));
}

void IncidentBarTest::pausedWorkersAreResumedHere()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    give(fixture, behind(withNodeDown(still(fixture), 2)));
    QTRY_VERIFY(fixture.find<ui::NoticeLine>("incident1") != nullptr);
    const auto button = [&](const char* row) {
        return fixture.find<QWidget>(row)->findChild<QAbstractButton*>("noticeDeed");
    };
    QVERIFY(!button("incident0")->isVisible() && !button("incident1")->isVisible());
    give(fixture, paused(fixture));
    const auto* row = fixture.find<ui::NoticeLine>("incident0");
    QTRY_VERIFY2(row->headline().startsWith("All workers are paused"), qPrintable(row->headline()));
    auto* resume = button("incident0");
    QVERIFY(resume->isVisible() && resume->isEnabled());
    fixture.engine().failWith("resumeWorkers", {backend::ErrorCode::Unavailable, "pg-1 is closed.", true});
    QTest::mouseClick(resume, Qt::LeftButton);
    QTRY_VERIFY2(row->details().endsWith("They were not resumed: pg-1 is closed."),
                 qPrintable(row->details()));
    QVERIFY(resume->isVisible() && resume->isEnabled());
    fixture.engine().clearFailure("resumeWorkers");
    QTest::mouseClick(resume, Qt::LeftButton);
    QTRY_VERIFY(!row->isVisible());
    const auto calls = fixture.engine().calls();
    QCOMPARE(std::count(calls.begin(), calls.end(), "resumeWorkers -1"), 2);
}

void IncidentBarTest::whileNothingIsAskedForItShowsThatTheyWereResumed()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    give(fixture, paused(fixture));
    QTRY_VERIFY(fixture.find<ui::NoticeLine>("incident0") != nullptr);
    fixture.range.setLive(false);
    auto* row = fixture.find<ui::NoticeLine>("incident0");
    QVERIFY(row->isVisible());
    QTest::mouseClick(row->findChild<QAbstractButton*>("noticeDeed"), Qt::LeftButton);
    QTRY_VERIFY(!row->isVisible());
    QVERIFY(!fixture.range.live());
}

void IncidentBarTest::readOnlyResumesNobody()
{
    WindowFixture fixture(settingsFile());
    fixture.engine().setReadOnly(true);
    QVERIFY(fixture.showOpen());
    give(fixture, paused(fixture));
    QTRY_VERIFY(fixture.find<ui::NoticeLine>("incident0") != nullptr);
    auto* deed = fixture.find<QWidget>("incident0")->findChild<QAbstractButton*>("noticeDeed");
    QVERIFY(deed->isVisible() && !deed->isEnabled());
    QVERIFY2(deed->toolTip().startsWith("Read-only"), qPrintable(deed->toolTip()));
}

// In the smallest window too.
void IncidentBarTest::allOfItIsRead()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    fixture.window->resize(fixture.window->minimumSize());
    auto snapshot = behind(withFailingCalls(withNodeDown(still(fixture), 2), still(fixture).takenAt));
    give(fixture, snapshot);
    QTRY_VERIFY(fixture.find<ui::NoticeLine>("incident1") != nullptr);
    for (const auto* row : {"incident0", "incident1"})
        for (const auto* name : {"noticeHeadline", "noticeDetails"}) {
            const auto* label = fixture.find<QWidget>(row)->findChild<QLabel*>(name);
            if (label->wordWrap())
                QTRY_VERIFY2(label->height() >= label->heightForWidth(label->width()), name);
            else
                QTRY_VERIFY2(label->width() >= label->sizeHint().width(), name);
        }
    const auto* first = fixture.find<ui::NoticeLine>("incident0");
    QCOMPARE(first->accessibleName(), first->headline());
    QCOMPARE(fixture.find<ui::Label>("noticeHeadline")->tone(), ui::Tone::Critical);
}

void IncidentBarTest::timesFollowTheZone()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    give(fixture, behind(still(fixture)));
    QTRY_VERIFY(fixture.find<ui::NoticeLine>("incident0") != nullptr);
    const auto* row = fixture.find<ui::NoticeLine>("incident0");
    const auto local = row->details();
    fixture.range.setUtc(true);
    QVERIFY2(row->details().contains("UTC") && row->details() != local, qPrintable(row->details()));
    fixture.range.setUtc(false);
    QCOMPARE(row->details(), local);
}

// Nothing is asked for while paused: what stands there is of then, and says so.
void IncidentBarTest::whilePausedItSaysOfWhen()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    give(fixture, withNodeDown(still(fixture), 2));
    QTRY_VERIFY(fixture.find<ui::NoticeLine>("incident0") != nullptr);
    const auto* row = fixture.find<ui::NoticeLine>("incident0");
    QVERIFY(!row->details().contains("paused"));
    fixture.range.setLive(false);
    const auto at = fixture.bridge.snapshot()->takenAt;
    QVERIFY2(
        row->details().endsWith(QString("As of %1 %2: paused.").arg(ui::formatMoment(at), ui::zoneName())),
        qPrintable(row->details()));
    fixture.range.setLive(true);
    QVERIFY(!row->details().contains("paused"));
}

// A count of seconds that needs a line more, and then less, moves no page up and down.
void IncidentBarTest::aRowDoesNotShrinkWhileItStands()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    auto snapshot = withNodeDown(still(fixture), 2);
    give(fixture, snapshot);
    QTRY_VERIFY(fixture.find<ui::NoticeLine>("incident0") != nullptr);
    auto* row = fixture.find<ui::NoticeLine>("incident0");
    const auto message = snapshot.nodes[1].message;
    for (int i = 0; i < 8; ++i)
        snapshot.nodes[1].message += " and so on and so forth";
    give(fixture, snapshot);
    QTRY_VERIFY(row->details().contains("so forth"));
    QTRY_VERIFY(row->height() >= row->heightForWidth(row->width()));
    const int tall = row->height();
    snapshot.nodes[1].message = message;
    give(fixture, snapshot);
    QTRY_VERIFY(!row->details().contains("so forth"));
    QTest::qWait(50);
    QCOMPARE(row->height(), tall);
    give(fixture, still(fixture));
    auto healthy = snapshot;
    for (auto& node : healthy.nodes)
        node.health = backend::Health::Ok;
    give(fixture, healthy);
    QTRY_VERIFY(row->isHidden());
    give(fixture, snapshot);
    QTRY_VERIFY(row->isVisible() && row->height() < tall);
}

// Rather than that words lie upon words; in a window of the first size, and with nothing wrong, none does.
void IncidentBarTest::pagesScrollWhereTheWindowIsLow()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    const auto healthy = still(fixture);
    give(fixture, healthy);
    const auto scrollOf = [&](const QString& page) {
        auto* shown = fixture.find<QWidget>(qPrintable(page + "Page"));
        return shown ? shown->findChild<QScrollArea*>("pageScroll") : nullptr;
    };
    for (const auto& page : fixture.window->pageIds()) {
        fixture.window->showPage(page);
        if (auto* scroll = scrollOf(page))
            QTRY_VERIFY2(scroll->isVisible() && !scroll->verticalScrollBar()->isVisible(), qPrintable(page));
    }
    fixture.window->resize(fixture.window->minimumSize());
    give(fixture, behind(withNodeDown(healthy, 2)));
    QTRY_VERIFY(fixture.find<ui::NoticeLine>("incident1") != nullptr);
    int scrolled = 0;
    for (const auto& page : fixture.window->pageIds()) {
        fixture.window->showPage(page);
        auto* scroll = scrollOf(page);
        if (!scroll) continue; // the Timeline browser's parts scroll for themselves
        QTRY_VERIFY2(scroll->verticalScrollBar()->isVisible(), qPrintable(page));
        QVERIFY2(scroll->widget()->height() >= 500, qPrintable(page));
        QVERIFY2(scroll->widget()->width() <= scroll->viewport()->width(), qPrintable(page));
        ++scrolled;
    }
    QCOMPARE(scrolled, fixture.window->pageIds().size() - 1);
}

void IncidentBarTest::goesWithTheSession()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    give(fixture, withNodeDown(still(fixture), 2));
    auto* bar = fixture.find<ui::IncidentBar>("incidentBar");
    QTRY_VERIFY(bar->isVisible());
    fixture.bridge.close();
    QVERIFY(bar->isHidden()); // not only behind the start page
}

} // namespace tests

QTEST_MAIN(tests::IncidentBarTest)
#include "incident_bar_test.moc"
