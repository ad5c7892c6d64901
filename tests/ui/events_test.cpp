// The Events page on a scripted engine: one list that is filtered by the engine, grows to the oldest, keeps
// its place while news come, and leads to the time around an event.
#include <QAbstractButton>
#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>
#include <QTableView>
#include <QTest>

#include <ctime>

#include "tests/ui/page_fixture.h"
#include "tests/ui/settled.h"
#include "ui/bridge/event_feed.h"
#include "ui/models/table_roles.h"
#include "ui/pages/events_page.h"
#include "ui/widgets/event_style.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/state_view.h"

using namespace std::chrono_literals;

namespace tests {

class EventsTest : public QObject
{
    Q_OBJECT

private slots:
    void listsNewestFirst();
    void theEngineFilters();
    void whatIsTypedMeanwhileIsNotAskedFor();
    void growsToTheOldest();
    void newsKeepSelectionAndScroll();
    void followsTheRange();
    void showsAllTimesUntilAPartIsChosen();
    void aPartThatWasChosenBeforeIsShown();
    void enterChoosesTheTimeAround();
    void saysWhyItIsEmpty();
    void saysWhatFailed();
    void timesFollowTheZone();
    void staysQuietWhilePaused();
    void reasonIsSeenAndReadInFull();

private:
    static std::string workers();
    struct Fixture : PageFixture
    {
        Fixture()
        {
            ui::setTimesInUtc(false);
            feed.setInterval(30ms);
        }
        // count events, one each second before `newest`, alternately a node lost and a worker's change.
        void fill(int count)
        {
            for (int i = 0; i < count; ++i)
                add(newest - std::chrono::seconds(i), 1'000 - i);
        }
        void add(backend::TimePoint at, std::int64_t id)
        {
            backend::Event event;
            event.key = {at, id};
            event.kind = id % 2 ? backend::EventKind::WorkersChanged : backend::EventKind::NodeLost;
            event.what = "what " + std::to_string(id);
            event.who = "ann";
            event.where = "redis-3";
            engine().addEvent(event);
        }
        bool showPage(bool allTimes = false)
        {
            if (!open()) return false;
            make<ui::EventsPage>();
            find<QAbstractButton>("allTimes")->setChecked(allTimes);
            model = find<QTableView>("eventTable")->model();
            return QTest::qWaitFor([this] { return !loading(); }, kPatienceMs);
        }
        bool loading() const
        {
            return find<ui::StateView>("eventState")->kind() == ui::StateView::Kind::Loading &&
                   model->rowCount() == 0;
        }
        QString cell(int row, int column) const { return model->index(row, column).data().toString(); }
        QTableView& table() const { return *find<QTableView>("eventTable"); }

        const backend::TimePoint newest =
            std::chrono::floor<std::chrono::seconds>(
                std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now())) -
            1s;
        ui::EventFeed feed{bridge, range, nullptr};
        QAbstractItemModel* model = nullptr;
    };
};

// What the engine is asked for when the workers' events are wanted.
std::string EventsTest::workers()
{
    std::string out;
    for (const auto kind : ui::kindsOf(ui::EventGroup::Workers))
        out += " " + std::to_string(int(kind));
    return out;
}

void EventsTest::listsNewestFirst()
{
    Fixture f;
    f.fill(5);
    QVERIFY(f.showPage());
    QTRY_COMPARE(f.model->rowCount(), 5);
    QCOMPARE(f.cell(0, ui::EventWhatColumn), QString("what 1000"));
    QCOMPARE(f.cell(4, ui::EventWhatColumn), QString("what 996"));
    QCOMPARE(f.cell(0, ui::EventKindColumn), QString("node lost"));
    QCOMPARE(f.cell(1, ui::EventKindColumn), QString("workers changed"));
    QCOMPARE(f.cell(0, ui::EventWhoColumn), QString("ann"));
    QCOMPARE(f.cell(0, ui::EventWhereColumn), QString("redis-3"));
    QVERIFY(ui::formatTime(f.newest).startsWith(f.cell(0, ui::EventTimeColumn)));
    QVERIFY(f.model->headerData(0, Qt::Horizontal).toString().contains(ui::zoneName()));
    QVERIFY(f.find<QLabel>("eventSummary")->text().startsWith("5 events in the last 5 min"));
    f.table().setCurrentIndex(f.model->index(2, 0));
    QVERIFY(static_cast<ui::EventsPage&>(*f.page).focusFind());
    QTRY_VERIFY(f.find<QLineEdit>("eventSearch")->hasFocus());
}

void EventsTest::theEngineFilters()
{
    Fixture f;
    f.fill(6);
    QVERIFY(f.showPage());
    QTRY_COMPARE(f.model->rowCount(), 6);
    QTest::mouseClick(f.find<QAbstractButton>("eventGroup2"), Qt::LeftButton); // workers
    QTRY_COMPARE(f.model->rowCount(), 3);
    const auto calls = f.engine().calls();
    const auto asked = "events newest within" + workers();
    QVERIFY(std::find(calls.begin(), calls.end(), asked) != calls.end());
    QTest::mouseClick(f.find<QAbstractButton>("eventGroup0"), Qt::LeftButton); // and nodes
    QTRY_COMPARE(f.model->rowCount(), 6);
    auto* search = f.find<QLineEdit>("eventSearch");
    QTest::keyClicks(search, "what 99");
    QTRY_COMPARE(f.model->rowCount(), 5);
    QTest::keyClick(search, Qt::Key_Escape);
    QTRY_COMPARE(f.model->rowCount(), 6);
}

// A reading that hangs: of all that is typed meanwhile only the last is read, and nothing twice.
void EventsTest::whatIsTypedMeanwhileIsNotAskedFor()
{
    Fixture f;
    f.fill(6);
    QVERIFY(f.showPage());
    QTRY_COMPARE(f.model->rowCount(), 6);
    QTest::mouseClick(f.find<QAbstractButton>("eventGroup2"), Qt::LeftButton); // workers
    QTRY_COMPARE(f.model->rowCount(), 3);
    const auto asked = [&](const std::string& text) {
        const auto calls = f.engine().calls();
        return std::count(calls.begin(), calls.end(),
                          "events newest within" + workers() + (text.empty() ? "" : " \"" + text + "\""));
    };
    auto* search = f.find<QLineEdit>("eventSearch");
    const auto before = asked("");
    search->setText("wha");
    search->setText("");
    QTest::qWait(400);
    QCOMPARE(asked(""), before); // it was there already
    f.engine().hold("events newest within" + workers() + " \"w\"");
    for (const char* text : {"w", "wh", "wha", "what 99"}) {
        search->setText(text);
        QTest::qWait(400);
    }
    f.engine().releaseAll();
    QTRY_COMPARE(f.model->rowCount(), 3); // 995, 997, 999
    QTRY_COMPARE(asked("what 99"), 1);
    QCOMPARE(asked("w"), 1);
    QCOMPARE(asked("wh") + asked("wha"), 0);
}

void EventsTest::growsToTheOldest()
{
    Fixture f;
    f.fill(290);
    QVERIFY(f.showPage());
    QTRY_COMPARE(f.model->rowCount(), 200);
    QVERIFY(f.find<QLabel>("eventSummary")->text().contains("older ones below"));
    f.engine().failWith("events", {backend::ErrorCode::Unavailable, "the directory is asleep", true});
    f.table().scrollToBottom();
    QTRY_VERIFY(f.find<QLabel>("eventSummary")->text().contains("the directory is asleep"));
    QCOMPARE(f.model->rowCount(), 200);
    f.engine().clearFailure("events");
    f.page->refresh(); // the page that failed, and no other
    QTRY_COMPARE(f.model->rowCount(), 290);
    QCOMPARE(f.cell(289, ui::EventWhatColumn), QString("what 711"));
    QVERIFY(!f.find<QLabel>("eventSummary")->text().contains("below"));
}

void EventsTest::newsKeepSelectionAndScroll()
{
    Fixture f;
    f.fill(120);
    QVERIFY(f.showPage());
    QTRY_COMPARE(f.model->rowCount(), 120);
    f.table().setCurrentIndex(f.model->index(60, 0));
    f.table().scrollTo(f.model->index(60, 0), QAbstractItemView::PositionAtTop);
    f.add(f.newest + 500ms, 2'000);
    QTRY_COMPARE(f.model->rowCount(), 121);
    QCOMPARE(f.cell(0, ui::EventWhatColumn), QString("what 2000"));
    QCOMPARE(f.table().currentIndex().row(), 61);
    QCOMPARE(f.cell(61, ui::EventWhatColumn), QString("what 940"));
    // Read anew by hand: the same event is chosen.
    f.page->refresh();
    QTest::qWait(50);
    QCOMPARE(f.table().currentIndex().row(), 61);
}

void EventsTest::followsTheRange()
{
    Fixture f;
    f.fill(100);
    f.add(f.newest - 2h, 1);
    QVERIFY(f.showPage());
    QTRY_COMPARE(f.model->rowCount(), 100);
    f.range.setWindow(1min);
    QTRY_VERIFY(f.model->rowCount() < 62);
    f.range.choose(f.newest - 20s, f.newest - 10s);
    QTRY_COMPARE(f.model->rowCount(), 11); // both ends
    QCOMPARE(f.cell(0, ui::EventWhatColumn), QString("what 990"));
    QTest::mouseClick(f.find<QAbstractButton>("allTimes"), Qt::LeftButton);
    QTRY_COMPARE(f.model->rowCount(), 101);
    f.range.choose(f.newest - 5s, f.newest);
    QTest::qWait(300);
    QCOMPARE(f.model->rowCount(), 101);
}

// What is wrong now may have begun before the window of the charts.
void EventsTest::showsAllTimesUntilAPartIsChosen()
{
    Fixture f;
    QVERIFY(f.showPage(true));
    auto* all = f.find<QAbstractButton>("allTimes");
    f.fill(100);
    f.add(f.newest - 2h, 1);
    f.page->refresh();
    f.range.setWindow(1min);
    QTRY_COMPARE(f.model->rowCount(), 101);
    QTRY_VERIFY(f.find<QLabel>("eventSummary")->text().startsWith("101 events of all times"));
    f.range.choose(f.newest - 20s, f.newest - 10s);
    QTRY_COMPARE(f.model->rowCount(), 11);
    QVERIFY(!all->isChecked());
    f.range.choose(f.newest - 30s, f.newest - 10s);
    QTRY_COMPARE(f.model->rowCount(), 21);
    f.range.reset();
    QTRY_COMPARE(f.model->rowCount(), 101);
    QVERIFY(all->isChecked());
    // Who did not want them does not get them.
    all->setChecked(false);
    QTRY_VERIFY(f.model->rowCount() < 62);
    f.range.choose(f.newest - 20s, f.newest - 10s);
    QTRY_COMPARE(f.model->rowCount(), 11);
    all->setChecked(true);
    QTRY_COMPARE(f.model->rowCount(), 101);
    f.range.reset();
    QTRY_VERIFY(f.model->rowCount() < 62);
    QVERIFY(!all->isChecked());
}

// Pages are made when they are first looked at.
void EventsTest::aPartThatWasChosenBeforeIsShown()
{
    Fixture f;
    f.fill(100);
    QVERIFY(f.open());
    f.range.choose(f.newest - 20s, f.newest - 10s);
    f.make<ui::EventsPage>();
    f.model = f.find<QTableView>("eventTable")->model();
    QTRY_COMPARE(f.model->rowCount(), 11);
    f.range.reset();
    QTRY_COMPARE(f.model->rowCount(), 100);
}

void EventsTest::enterChoosesTheTimeAround()
{
    Fixture f;
    f.fill(250);
    QVERIFY(f.showPage());
    QTRY_VERIFY(f.model->rowCount() > 200 || f.model->rowCount() == 200);
    f.range.setWindow(1min);
    QTRY_VERIFY(f.model->rowCount() > 40 && f.model->rowCount() < 62);
    f.table().setCurrentIndex(f.model->index(40, 0));
    const auto at = f.newest - 40s;
    QTest::keyClick(&f.table(), Qt::Key_Return);
    QVERIFY(f.range.chosen() && !f.range.live());
    QCOMPARE(f.range.begin() + f.range.span() / 2, at);
    QCOMPARE(f.range.cursor(), std::optional(at));
    // It is still the chosen one in the list, which shows that window now.
    QTRY_VERIFY(f.cell(f.model->rowCount() - 1, ui::EventWhatColumn) == "what 930");
    QTRY_COMPARE(f.table().currentIndex().siblingAtColumn(ui::EventWhatColumn).data().toString(),
                 QString("what 960"));
}

void EventsTest::saysWhyItIsEmpty()
{
    Fixture f;
    f.add(f.newest - 2h, 1);
    QVERIFY(f.showPage());
    auto* state = f.find<ui::StateView>("eventState");
    QTRY_COMPARE(state->title(), QString("Nothing happened"));
    QVERIFY(state->text().contains("last 5 min"));
    QVERIFY(!state->text().contains("stands above"));
    auto wrong = withNodeDown(*f.bridge.snapshot(), 2);
    ++wrong.sequence;
    f.engine().setSnapshot(wrong);
    QTRY_VERIFY(f.bridge.snapshot()->nodes[1].health == backend::Health::Down);
    emit f.range.windowChanged();
    QTRY_VERIFY2(state->text().endsWith("What is wrong now stands above."), qPrintable(state->text()));
    emit state->actionTriggered();
    QTRY_COMPARE(f.model->rowCount(), 1);
    f.find<QLineEdit>("eventSearch")->setText("nowhere");
    QTRY_COMPARE(state->title(), QString("No such event"));
}

void EventsTest::saysWhatFailed()
{
    Fixture f;
    f.fill(3);
    f.engine().setEventsMissing("The directory does not answer.");
    f.engine().failWith("events", {backend::ErrorCode::Unavailable, "the engine is asleep", true});
    QVERIFY(f.showPage());
    auto* state = f.find<ui::StateView>("eventState");
    QTRY_COMPARE(state->kind(), ui::StateView::Kind::Failed);
    QCOMPARE(state->text(), QString("the engine is asleep"));
    f.engine().clearFailure("events");
    emit state->actionTriggered();
    QTRY_COMPARE(f.model->rowCount(), 3);
    QVERIFY(f.find<QLabel>("eventsMissing")->isVisible());
    QCOMPARE(f.find<QLabel>("eventsMissing")->text(), QString("The directory does not answer."));
    f.bridge.close();
    QTRY_VERIFY(!f.table().isVisible());
}

void EventsTest::timesFollowTheZone()
{
    qputenv("TZ", "Asia/Kolkata");
    tzset();
    {
        Fixture f;
        f.fill(1);
        QVERIFY(f.showPage());
        QTRY_COMPARE(f.model->rowCount(), 1);
        const auto local = f.cell(0, ui::EventTimeColumn);
        QVERIFY(!f.model->headerData(0, Qt::Horizontal).toString().contains("UTC,"));
        f.range.setUtc(true);
        f.page->timesChanged();
        const auto utc = f.cell(0, ui::EventTimeColumn);
        const auto format = QString("yyyy-MM-dd HH:mm:ss");
        QCOMPARE(QDateTime::fromString(utc, format).secsTo(QDateTime::fromString(local, format)),
                 qint64(5 * 3600 + 1800));
        QCOMPARE(f.model->headerData(0, Qt::Horizontal).toString(), QString("Time, UTC"));
    }
    ui::setTimesInUtc(false);
    qunsetenv("TZ");
    tzset();
}

void EventsTest::staysQuietWhilePaused()
{
    Fixture f;
    f.fill(3);
    QVERIFY(f.showPage());
    QTRY_COMPARE(f.model->rowCount(), 3);
    f.range.setLive(false);
    f.bridge.setPolling(false); // as the window does
    QVERIFY(settled(f.engine()));
    const int before = f.engine().count("events");
    QTest::qWait(300); // ten intervals
    QCOMPARE(f.engine().count("events"), before);
}

void EventsTest::reasonIsSeenAndReadInFull()
{
    Fixture f;
    backend::Event event;
    event.key = {f.newest, 1};
    event.kind = backend::EventKind::NodeLost;
    event.what = "Lost: redis-3 has not answered for 3 s: redis-3 at unix:///run/redis-3.sock: refused.";
    event.where = "redis-3";
    f.engine().addEvent(event);
    QVERIFY(f.showPage());
    QTRY_COMPARE(f.model->rowCount(), 1);
    QCOMPARE(f.cell(0, ui::EventWhatColumn), QString("Lost: redis-3 has not answered for 3 s: refused."));
    auto* whole = f.find<QLabel>("eventWhole");
    QVERIFY(!whole->isVisible());
    f.table().selectRow(0);
    QVERIFY(whole->isVisible());
    QCOMPARE(whole->text(), QString::fromStdString(event.what));
    QCOMPARE(f.model->index(0, ui::EventWhatColumn).data(ui::RawRole).toString(), whole->text());
}

} // namespace tests

QTEST_MAIN(tests::EventsTest)
#include "events_test.moc"
