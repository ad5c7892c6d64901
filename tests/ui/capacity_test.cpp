// The Capacity page on a scripted engine: what was weighed and what is interpolated, the cost curve, a
// threshold put into effect after a question, read-only, errors, a reading that hangs, another session.
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QTableView>
#include <QTest>
#include <QTimer>

#include "tests/ui/page_fixture.h"
#include "ui/pages/cap_pricer.h"
#include "ui/pages/capacity_page.h"
#include "ui/widgets/curve_chart.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/metric_tile.h"
#include "ui/widgets/state_view.h"

#include <cmath>

namespace tests {

class CapacityPageTest : public QObject
{
    Q_OBJECT

private slots:
    void figuresAreTheEngines();
    void curvesAreReadByKeyboard();
    void sliderIsInterpolatedThenWeighed();
    void onlyPricedCapsAreInterpolated();
    void nothingWeighedSaysWhy();
    void aClusterWithoutReadersSaysSo();
    void anErrorSaysWhatToDo();
    void hangingReadingIsGivenUpByEsc();
    void weighsOneAtATimeAndTheLatestWish();
    void costsThatAreNotThereDecideNothing();
    void costsOfSomeNodesSayWhatIsMissing();
    void curveHasTodaysPoint();
    void thresholdIsSetAfterAQuestion();
    void readOnlyOffersNoChange();
    void growthByNode();
    void anotherSessionForgetsAll();
    void linesBreakWhereNothingIsKnown();

private:
    static backend::Capacity capacity()
    {
        backend::Capacity out;
        out.takenAt = backend::TimePoint(std::chrono::seconds(1'790'000'000));
        out.cap = 800;
        out.timelines = 4'000;
        out.sampled = 1'000;
        out.bytesPerTimeline = {1'000, 40'000, 1'000, 41'000, 60'000, 70'000, 100};
        out.bytesPerEntry = {1'000, 50, 40, 50, 60, 80, 1};
        out.entriesPerTimeline = {1'000, 800, 10, 800, 800, 800, 1};
        out.readersPerGiB = 26'843;
        out.readersPerGiBError = 134;
        out.timelinesBytes = 160e6;
        for (int i = 0; i < 8; ++i) {
            backend::NodeCapacity node;
            node.node = i + 3;
            node.name = "redis-" + std::to_string(i + 1);
            node.usedMemoryBytes = 3 << 20;
            node.maxMemoryBytes = 7 << 20;
            node.timelines = 500;
            node.sampled = 125;
            node.bytesPerTimeline.mean = 40'000;
            if (i == 7) {
                node = {};
                node.node = 10;
                node.name = "redis-8";
                node.notMeasured = "redis-8 does not answer";
            }
            out.nodes.push_back(node);
        }
        return out;
    }
    static backend::FanoutCosts costs()
    {
        backend::FanoutCosts out;
        out.takenAt = backend::TimePoint(std::chrono::seconds(1'790'000'000));
        out.autoFollowers = 5'000;
        out.mergeCost = 8;
        out.authors = 12;
        out.pulledAuthors = 1;
        out.followersSampled = 60;
        out.postsKnownSeconds = 7 * 86'400;
        out.sample = {{backend::UserId{1}, 86'400, 0.5, 10, 2, 1, true},
                      {backend::UserId{2}, 8'640, 1, 1, 4, 1, false},
                      {backend::UserId{3}, 864, 1, 1, 1, 10, false}};
        return out;
    }
    static void open(PageFixture& fixture)
    {
        fixture.engine().setCapacity(capacity());
        fixture.engine().setFanoutCosts(costs());
        QVERIFY(fixture.open());
        fixture.make<ui::CapacityPage>();
        fixture.page->resize(1'280, 800);
        QTRY_VERIFY(fixture.find<QSlider>("capSlider")->isEnabled());
        QTRY_VERIFY(fixture.find<QSlider>("thresholdSlider")->isEnabled());
    }
    static QString text(PageFixture& fixture, const char* label)
    {
        return fixture.find<QLabel>(label)->text();
    }
    static bool asked(PageFixture& fixture, const std::string& call)
    {
        const auto calls = fixture.engine().calls();
        return std::find(calls.begin(), calls.end(), call) != calls.end();
    }
    static bool askedForCap(PageFixture& fixture, int cap)
    {
        const auto calls = fixture.engine().calls();
        return std::any_of(calls.begin(), calls.end(), [cap](const auto& call) {
            return call.starts_with("capacity ") &&
                   call.find("," + std::to_string(cap) + ",") != std::string::npos;
        });
    }
    // Answers the question that a click will open; tells what it said.
    static void answer(QObject* context, bool yes, QString* said)
    {
        QTimer::singleShot(0, context, [=] {
            QTRY_VERIFY(qobject_cast<QMessageBox*>(QApplication::activeModalWidget()));
            auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
            *said = box->text() + "\n" + box->informativeText();
            QTest::mouseClick(yes ? box->findChild<QPushButton*>("confirmThreshold")
                                  : qobject_cast<QPushButton*>(box->button(QMessageBox::Cancel)),
                              Qt::LeftButton);
        });
    }
};

void CapacityPageTest::figuresAreTheEngines()
{
    PageFixture fixture;
    open(fixture);
    const auto tile = [&](const char* name) { return fixture.find<ui::MetricTile>(name); };
    QCOMPARE(tile("bytesPerReader")->value() + " " + tile("bytesPerReader")->unit(), ui::formatBytes(40'000));
    QCOMPARE(tile("bytesPerEntry")->value(), QString("50"));
    QCOMPARE(tile("readersPerGiB")->value(), QString("26,843"));
    QVERIFY(tile("readersPerGiB")->subline().contains("134"));
    QCOMPARE(tile("readersThatFit")->value(), QString("4,000"));
    QCOMPARE(tile("readersThatFit")->status(), ui::Tone::Warning); // not those of redis-8
    const auto perNode = 500 + std::int64_t((4 << 20) / 40'000.0);
    QCOMPARE(tile("readersThatFit")->subline(),
             "of 7 of 8 nodes · " + ui::formatCompact(double(7 * perNode)) + " fit");
    QVERIFY2(
        text(fixture, "capacityStatus").startsWith("1,000 of 4,000 home timelines on 7 of 8 Redis nodes"),
        qPrintable(text(fixture, "capacityStatus")));
    QCOMPARE(tile("fullestNode")->subline(), QString("redis-7: 11.0 MiB of 7.0 MiB"));
    QCOMPARE(tile("fullestNode")->status(), ui::Tone::Critical);
    const auto* model = fixture.find<QTableView>("nodeRoom")->model();
    QCOMPARE(model->rowCount(), 10);
    for (int row = 0; row < model->rowCount(); ++row) {
        const auto name = model->index(row, ui::RoomNameColumn).data().toString();
        const bool weighed = name.startsWith("redis") && name != "redis-8";
        QCOMPARE(model->index(row, ui::RoomReadersColumn).data().toString(),
                 weighed ? "500" : ui::unknownText());
        if (name == "redis-1")
            QCOMPARE(model->index(row, ui::RoomShareColumn).data().toString(), QString("71.4 %"));
        if (name == "pg-1")
            QCOMPARE(model->index(row, ui::RoomLimitColumn).data().toString(), QString("not told"));
        QCOMPARE(model->index(row, ui::RoomFitsColumn).data().toString(),
                 weighed ? ui::formatCount(perNode) : ui::unknownText());
        if (name == "redis-8")
            QCOMPARE(model->index(row, ui::RoomReadersColumn).data(Qt::ToolTipRole).toString(),
                     QString("redis-8 does not answer"));
    }
}

void CapacityPageTest::sliderIsInterpolatedThenWeighed()
{
    PageFixture fixture;
    open(fixture);
    fixture.engine().hold("capacity");
    fixture.find<QSlider>("capSlider")->setValue(450); // no cap of the first look
    QCOMPARE(fixture.find<QSpinBox>("capSpin")->value(), 450);
    QVERIFY2(text(fixture, "capBasis").startsWith("Interpolated between the weighed caps 400 and 500"),
             qPrintable(text(fixture, "capBasis")));
    QCOMPARE(text(fixture, "capFiguresChosen0"), ui::formatBytes(22'500));
    QTRY_VERIFY(askedForCap(fixture, 450));
    QVERIFY(text(fixture, "capBasis").contains("Weighing exactly 450"));
    auto grown = capacity();
    grown.readersPerGiB = 30'000;
    fixture.engine().setCapacity(grown);
    fixture.engine().release("capacity");
    QTRY_VERIFY2(text(fixture, "capBasis").startsWith("Few timelines have that size"),
                 qPrintable(text(fixture, "capBasis")));
    QCOMPARE(text(fixture, "capFiguresChosen3"), QString("1,000"));
    QCOMPARE(text(fixture, "capFiguresDifference3"), QString("25.0 % of all"));
    // All figures are of that look, today's too.
    QCOMPARE(fixture.find<ui::MetricTile>("readersPerGiB")->value(), QString("30,000"));
    QCOMPARE(text(fixture, "capFiguresToday2"), QString("30,000"));
    // What is priced already is not weighed again; at today's cap nothing is cut.
    const int weighings = fixture.engine().count("capacity");
    fixture.find<QSpinBox>("capSpin")->setValue(800);
    QCOMPARE(text(fixture, "capBasis"), QString("No reader has more entries: nothing would be cut."));
    QCOMPARE(text(fixture, "capFiguresChosen3"), QString("0"));
    QTest::qWait(600);
    QCOMPARE(fixture.engine().count("capacity"), weighings);
    // An error leaves the interpolated figures, and says that they are.
    fixture.engine().failWith("capacity", {backend::ErrorCode::DeadlineExceeded, "redis-2 is slow", true});
    fixture.find<QSpinBox>("capSpin")->setValue(333);
    QTRY_VERIFY(text(fixture, "capBasis").contains("Could not be weighed: redis-2 is slow"));
    QVERIFY(text(fixture, "capBasis").startsWith("Interpolated"));
}

void CapacityPageTest::onlyPricedCapsAreInterpolated()
{
    backend::CapPrice low{100, {}, "weighed", 5'000, 50'000, 0, 10},
        high{200, {}, "weighed", 9'000, 90'000, 0, 0};
    const std::map<int, backend::CapPrice> prices{{100, low}, {200, high}};
    const auto middle = ui::CapPricer::between(prices, 150);
    QVERIFY(middle);
    QCOMPARE(middle->bytesPerTimeline, 7'000.0);
    QCOMPARE(middle->cutReaders, 5.0);
    QCOMPARE(middle->basis, std::string("between caps"));
    QVERIFY(!ui::CapPricer::between(prices, 99));
    QVERIFY(!ui::CapPricer::between(prices, 201));
    QCOMPARE(ui::CapPricer::between(prices, 200)->basis, std::string("weighed"));
}

void CapacityPageTest::nothingWeighedSaysWhy()
{
    PageFixture fixture; // the fake says that nothing is there to be weighed
    QVERIFY(fixture.open());
    fixture.make<ui::CapacityPage>();
    QTRY_COMPARE(text(fixture, "capBasis"), QString("Not measured: nothing is there to be weighed."));
    QVERIFY(!fixture.find<QSlider>("capSlider")->isEnabled());
    QCOMPARE(fixture.find<ui::MetricTile>("readersPerGiB")->value(), ui::unknownText());
    QTRY_COMPARE(fixture.find<ui::CurveChart>("costCurve")->emptyText(),
                 QString("Nobody follows anybody: there is no fan-out."));
    QVERIFY(!fixture.find<QPushButton>("setThreshold")->isEnabled());
}

void CapacityPageTest::aClusterWithoutReadersSaysSo()
{
    PageFixture fixture;
    auto empty = capacity();
    empty.notMeasured = "no Redis node has a home timeline that could be weighed";
    empty.timelines = empty.sampled = 0;
    for (auto& node : empty.nodes) {
        node.usedMemoryBytes = 1 << 20;
        node.timelines = node.sampled = 0;
        node.notMeasured.clear();
    }
    fixture.engine().setCapacity(empty);
    QVERIFY(fixture.open());
    fixture.make<ui::CapacityPage>();
    QTRY_COMPARE(text(fixture, "capBasis"), QString("Not measured: there is no home timeline yet."));
    QCOMPARE(fixture.find<ui::MetricTile>("readersPerGiB")->subline(), QString("no home timeline yet"));
    QVERIFY(text(fixture, "capacityStatus").contains("Every new user gets one"));
    // A node that says nothing may hold some.
    empty.nodes[7].usedMemoryBytes = -1;
    fixture.engine().setCapacity(empty);
    fixture.page->refresh();
    QTRY_COMPARE(fixture.find<ui::MetricTile>("readersPerGiB")->subline(),
                 QString("nothing could be weighed"));
}

void CapacityPageTest::anErrorSaysWhatToDo()
{
    PageFixture fixture;
    fixture.engine().failWith("*",
                              {backend::ErrorCode::Unavailable, "pg-1 does not answer; is it up?", true});
    QVERIFY(fixture.open());
    fixture.make<ui::CapacityPage>();
    QTRY_VERIFY(text(fixture, "capacityStatus").contains("pg-1 does not answer; is it up?"));
    QTRY_COMPARE(text(fixture, "thresholdBasis"),
                 QString("Could not be read: pg-1 does not answer; is it up?"));
    fixture.engine().clearFailure("*");
    fixture.engine().setCapacity(capacity());
    fixture.engine().setFanoutCosts(costs());
    QTest::mouseClick(fixture.find<QPushButton>("weighAgain"), Qt::LeftButton);
    QTRY_COMPARE(fixture.find<ui::MetricTile>("readersPerGiB")->value(), QString("26,843"));
    QTRY_VERIFY(fixture.find<QPushButton>("setThreshold")->isEnabled());
}

void CapacityPageTest::hangingReadingIsGivenUpByEsc()
{
    PageFixture fixture;
    fixture.engine().setCapacity(capacity());
    fixture.engine().hold("capacity");
    fixture.engine().hold("fanoutCosts");
    QVERIFY(fixture.open());
    fixture.make<ui::CapacityPage>();
    QTRY_VERIFY(text(fixture, "capacityStatus").contains("Esc gives up"));
    QVERIFY(!fixture.find<QPushButton>("weighAgain")->isEnabled());
    QVERIFY(QTest::qWaitForWindowActive(fixture.page.get()));
    QTest::keyClick(fixture.page.get(), Qt::Key_Escape);
    QTRY_VERIFY(text(fixture, "capacityStatus").contains("given up"));
    QVERIFY(fixture.find<QPushButton>("weighAgain")->isEnabled());
    QCOMPARE(text(fixture, "thresholdBasis"), QString("Given up. F5 reads again."));
    // What comes after all is nobody's any more.
    fixture.engine().releaseAll();
    QTest::qWait(100);
    QCOMPARE(fixture.find<ui::MetricTile>("readersPerGiB")->value(), ui::unknownText());
    fixture.page->refresh();
    QTRY_COMPARE(fixture.find<ui::MetricTile>("readersPerGiB")->value(), QString("26,843"));
}

// Each rest of the slider wishes for another walk over all keys: one is under way, the newest wish waits.
void CapacityPageTest::weighsOneAtATimeAndTheLatestWish()
{
    PageFixture fixture;
    open(fixture);
    const int before = fixture.engine().count("capacity");
    fixture.engine().hold("capacity");
    auto* slider = fixture.find<QSlider>("capSlider");
    for (const int cap : {333, 444, 555, 666}) {
        slider->setValue(cap);
        QTest::qWait(600);                                            // it rests
        QTRY_COMPARE(fixture.engine().count("capacity"), before + 1); // the first has begun
    }
    fixture.find<QPushButton>("weighAgain")->click();
    QVERIFY(QTest::qWaitForWindowActive(fixture.page.get()));
    QTest::keyClick(fixture.page.get(), Qt::Key_Escape); // and that was given up
    slider->setValue(677);
    QTest::qWait(600);
    QCOMPARE(fixture.engine().count("capacity"), before + 1);
    fixture.engine().release("capacity");
    QTRY_VERIFY(askedForCap(fixture, 677));
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("capacity"), before + 2);
    QVERIFY(askedForCap(fixture, 333)); // it had begun
    for (const int cap : {444, 555, 666})
        QVERIFY(!askedForCap(fixture, cap));
}

// The reason stands where the button is; figures read before stay, as what they are.
void CapacityPageTest::costsThatAreNotThereDecideNothing()
{
    PageFixture fixture;
    fixture.engine().setFanoutCosts(costs());
    fixture.engine().hold("fanoutCosts");
    QVERIFY(fixture.open());
    fixture.make<ui::CapacityPage>();
    auto* set = fixture.find<QPushButton>("setThreshold");
    const QString reading = "Reading from the PostgreSQL nodes… Esc gives up.";
    QTRY_COMPARE(text(fixture, "thresholdBasis"), reading);
    QVERIFY(!set->isEnabled());
    QCOMPARE(set->toolTip(), reading);
    fixture.engine().release("fanoutCosts");
    QTRY_VERIFY(set->isEnabled());
    QCOMPARE(set->toolTip(), QString());
    QVERIFY(!fixture.find<QPushButton>("setAutomatic")->isEnabled());
    QCOMPARE(fixture.find<QPushButton>("setAutomatic")->toolTip(), QString("The planner chooses already."));
    fixture.engine().failWith("fanoutCosts",
                              {backend::ErrorCode::DeadlineExceeded, "pg-2 did not answer in time", true});
    fixture.page->refresh();
    QTRY_VERIFY(!set->isEnabled());
    QVERIFY2(set->toolTip().startsWith("Last read at ") &&
                 set->toolTip().endsWith("Could not be read: pg-2 did not answer in time"),
             qPrintable(set->toolTip()));
    QCOMPARE(text(fixture, "thresholdBasis"), set->toolTip());
    QVERIFY(!fixture.find<QPushButton>("setAutomatic")->isEnabled());
    QCOMPARE(fixture.find<ui::CurveChart>("costCurve")->lines().size(), std::size_t(3));
    fixture.engine().clearFailure("fanoutCosts");
    fixture.page->refresh();
    QTRY_VERIFY(set->isEnabled());
}

void CapacityPageTest::costsOfSomeNodesSayWhatIsMissing()
{
    PageFixture fixture;
    auto some = costs();
    some.missing = {"pg-3 did not answer in time"};
    some.shardsMissing = 32;
    fixture.engine().setFanoutCosts(some);
    QVERIFY(fixture.open());
    fixture.make<ui::CapacityPage>();
    const QString missing = "Without the authors of 32 logical shards: pg-3 did not answer in time.";
    QTRY_VERIFY2(text(fixture, "thresholdBasis").startsWith(missing),
                 qPrintable(text(fixture, "thresholdBasis")));
    QString said;
    answer(this, false, &said);
    QTest::mouseClick(fixture.find<QPushButton>("setThreshold"), Qt::LeftButton);
    QVERIFY2(said.contains(missing), qPrintable(said));
}

void CapacityPageTest::curveHasTodaysPoint()
{
    PageFixture fixture;
    open(fixture);
    auto* curve = fixture.find<ui::CurveChart>("costCurve");
    QCOMPARE(curve->lines().size(), std::size_t(3));
    QCOMPARE(curve->lines()[0].points.size(), std::size_t(4));
    const double today = 8'640 / 86'400.0 + 10 * 864 / 86'400.0 + 8 * 1.0;
    QCOMPARE(curve->marks()[1].text, QString("today"));
    QCOMPARE(*curve->marks()[1].y, today);
    // The cheapest threshold is proposed; another one moves its point.
    QCOMPARE(fixture.find<QSpinBox>("thresholdSpin")->value(), 86'400);
    fixture.find<QSpinBox>("thresholdSpin")->setValue(864);
    QCOMPARE(*curve->marks()[0].y, 10 * 864 / 86'400.0 + 8 * (1.0 + 0.4));
    QCOMPARE(text(fixture, "thresholdFiguresToday0"), QString("1"));
    QCOMPARE(text(fixture, "thresholdFiguresChosen0"), QString("2"));
    QCOMPARE(text(fixture, "thresholdFiguresDifference2"), QString("+0.4"));
    QVERIFY(text(fixture, "thresholdBasis").startsWith("Posts of 7 days, read at "));
    QVERIFY(fixture.find<QLabel>("thresholdBasis")->toolTip().contains("3 of 12 authors"));
    // In words: a lower and a higher threshold, and the cheapest, beside today's.
    QCOMPARE(text(fixture, "thresholdVerdict"),
             QString("Today 1 author is merged. A lower threshold (8,639) costs 3.1 more than today. The "
                     "cheapest (86,400) costs 3.0 less than today."));
    // What makes up the sum lies under its line and hides it nowhere.
    QVERIFY(!curve->lines()[0].band && curve->lines()[1].band && curve->lines()[2].band);
    auto* slider = fixture.find<QSlider>("thresholdSlider");
    slider->setValue(slider->maximum());
    QCOMPARE(fixture.find<QSpinBox>("thresholdSpin")->value(), 86'400);
    slider->setValue(0);
    QCOMPARE(fixture.find<QSpinBox>("thresholdSpin")->value(), 0);
}

void CapacityPageTest::thresholdIsSetAfterAQuestion()
{
    PageFixture fixture;
    open(fixture);
    fixture.find<QSpinBox>("thresholdSpin")->setValue(864);
    QString said;
    answer(this, false, &said);
    QTest::mouseClick(fixture.find<QPushButton>("setThreshold"), Qt::LeftButton);
    QVERIFY2(said.contains("Set the push threshold to 864 followers?"), qPrintable(said));
    QVERIFY2(said.contains("Now: chosen by the planner") &&
                 said.contains("About 1 authors begin to be merged"),
             qPrintable(said));
    QVERIFY(said.contains("about 0 are pushed again"));
    QCOMPARE(fixture.engine().count("setPushThreshold"), 0);
    const int readings = fixture.engine().count("fanoutCosts");
    answer(this, true, &said);
    QTest::mouseClick(fixture.find<QPushButton>("setThreshold"), Qt::LeftButton);
    QTRY_VERIFY(asked(fixture, "setPushThreshold 864"));
    QTRY_VERIFY(text(fixture, "thresholdOutcome").startsWith("In effect: above 864 followers"));
    QTRY_VERIFY(fixture.engine().count("fanoutCosts") > readings);
    fixture.engine().failWith("setPushThreshold",
                              {backend::ErrorCode::Unavailable, "the directory is away", true});
    answer(this, true, &said);
    QTest::mouseClick(fixture.find<QPushButton>("setThreshold"), Qt::LeftButton);
    QTRY_COMPARE(text(fixture, "thresholdOutcome"), QString("Nothing was changed: the directory is away"));
}

void CapacityPageTest::readOnlyOffersNoChange()
{
    PageFixture fixture;
    fixture.engine().setReadOnly(true);
    open(fixture);
    QVERIFY(!fixture.find<QPushButton>("setThreshold")->isEnabled());
    QVERIFY(!fixture.find<QPushButton>("setAutomatic")->isEnabled());
    QCOMPARE(text(fixture, "thresholdOutcome"), QString("Read-only: this connection refuses every change."));
    QVERIFY(fixture.find<QSlider>("thresholdSlider")->isEnabled()); // looking is free
}

void CapacityPageTest::growthByNode()
{
    PageFixture fixture;
    const auto snapshot = fakeSnapshot(1);
    auto history = fakeHistory(snapshot.takenAt, 1'200);
    for (std::size_t i = 0; i < history.size(); ++i) {
        history[i].nodeMemoryBytes[2] = 3e6 + 1'000.0 * double(i); // redis-1: full at 7 MiB
        history[i].nodeDiskBytes.assign(10, 40e6 + 5.0 * double(i));
    }
    fixture.engine().setHistory(history);
    open(fixture);
    const auto* model = fixture.find<QTableView>("nodeRoom")->model();
    const auto cell = [&](const QString& node, int column) {
        for (int row = 0; row < model->rowCount(); ++row)
            if (model->index(row, ui::RoomNameColumn).data() == node)
                return model->index(row, column).data().toString();
        return QString();
    };
    const double full =
        ui::secondsOf(history.back().at) + (double(7 << 20) - (3e6 + 1'000 * 1'199.0)) / 1'000;
    QTRY_COMPARE(cell("redis-1", ui::RoomFullColumn), ui::formatTime(ui::timeOf(full)));
    QCOMPARE(cell("redis-2", ui::RoomFullColumn), QString("not growing"));
    QCOMPARE(cell("pg-1", ui::RoomFullColumn), QString("limit not known"));
    QCOMPARE(cell("pg-1", ui::RoomGrowthColumn), "+" + ui::formatBytes(5 * 86'400) + "/d");
    static_cast<ui::CapacityPage&>(*fixture.page).openArgument("redis-1");
    auto* chart = fixture.find<ui::CurveChart>("growthChart");
    QTRY_COMPARE(chart->lines().size(), std::size_t(2));
    QVERIFY(std::abs(chart->lines()[1].points.back().x() - full) < 1);
    QCOMPARE(chart->marks().size(), std::size_t(1));
}

void CapacityPageTest::anotherSessionForgetsAll()
{
    PageFixture fixture;
    open(fixture);
    fixture.bridge.close();
    QTRY_COMPARE(fixture.find<ui::StateView>("pageState")->kind(), ui::StateView::Kind::Disconnected);
    QCOMPARE(fixture.find<ui::MetricTile>("readersPerGiB")->value(), ui::unknownText());
    QVERIFY(!fixture.find<QPushButton>("setThreshold")->isEnabled());
    auto other = capacity();
    other.readersPerGiB = 777;
    fixture.engine().setCapacity(other);
    fixture.bridge.reopen();
    QTRY_COMPARE(fixture.find<ui::MetricTile>("readersPerGiB")->value(), QString("777"));
}

void CapacityPageTest::curvesAreReadByKeyboard()
{
    ui::Theme theme{ui::ThemeMode::Light};
    ui::CurveChart chart(theme, ui::CurveChart::Across::Decades, nullptr);
    chart.setAxes("followers", ui::ScaleUnit::Number, [](double y) { return QString::number(y); });
    chart.setLines({{"push", 1, {{1, 10}, {10, 20}, {100, 30}}}, {"pull", 2, {{1, 5}, {100, 7}}}}, "nothing");
    chart.resize(400, 250);
    chart.show();
    QVERIFY((chart.focusPolicy() & Qt::TabFocus) != 0);
    QTest::keyClick(&chart, Qt::Key_Left); // from the last point on
    QCOMPARE(chart.cursor().value_or(0), 100.0);
    QTest::keyClick(&chart, Qt::Key_Left);
    QCOMPARE(chart.cursor().value_or(0), 10.0);
    QVERIFY2(chart.accessibleDescription().contains("push: 20"), qPrintable(chart.accessibleDescription()));
    QTest::keyClick(&chart, Qt::Key_Return);
    QVERIFY(chart.pinned());
    QTest::mouseMove(&chart, {100, 100}); // the pin stays
    QCOMPARE(chart.cursor().value_or(0), 10.0);
    QTest::keyClick(&chart, Qt::Key_Home);
    QCOMPARE(chart.cursor().value_or(0), 1.0);
    QTest::keyClick(&chart, Qt::Key_Return);
    QVERIFY(!chart.pinned());
    chart.setLines({}, "nothing");
    QVERIFY(!chart.cursor());
}

void CapacityPageTest::linesBreakWhereNothingIsKnown()
{
    ui::Theme theme{ui::ThemeMode::Light};
    ui::CurveChart chart(theme, ui::CurveChart::Across::Time, nullptr);
    chart.setAxes("UTC", ui::ScaleUnit::Bytes,
                  [](double bytes) { return ui::formatBytes(std::int64_t(bytes)); });
    chart.resize(400, 240);
    const auto reads = [&](double x) { return chart.readoutAt(x).contains("used"); };
    const auto dark = [&] { // pixels of the line
        const auto image = chart.grab().toImage();
        int out = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x) {
                const auto one = image.pixelColor(x, y), line = theme.series(1);
                out += std::abs(one.red() - line.red()) + std::abs(one.green() - line.green()) +
                           std::abs(one.blue() - line.blue()) <
                       200; // smoothed
            }
        return out;
    };
    const auto show = [&](double middle) {
        chart.setLines(
            {{"used", 1, {{0, 1'000}, {100, 1'000}, {200, middle}, {300, 1'000}, {400, 1'000}}, false}}, {});
        return dark();
    };
    const int whole = show(1'000);
    QVERIFY(reads(150) && reads(50));
    QVERIFY(show(std::nan("")) < whole);
    QVERIFY(!reads(150) && !reads(250) && reads(50) && reads(350));
}

} // namespace tests

QTEST_MAIN(tests::CapacityPageTest)
#include "capacity_test.moc"
