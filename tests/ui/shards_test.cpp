// The Shards page on a scripted engine: its numbers are the snapshot's, it sorts, it keeps its place, and it
// exports.
#include <QAbstractItemView>
#include <QComboBox>
#include <QFile>
#include <QFileDialog>
#include <QFont>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollBar>
#include <QSet>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QToolButton>

#include "tests/ui/page_fixture.h"
#include "ui/pages/shards_page.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/heat_grid.h"
#include "ui/widgets/label.h"
#include "ui/widgets/metric_tile.h"
#include "ui/widgets/ranked_bars.h"
#include "ui/widgets/state_view.h"
#include "ui/widgets/table_reader.h"

#include <algorithm>
#include <cmath>

namespace tests {

class ShardsTest : public QObject
{
    Q_OBJECT

private slots:
    void saysThatNothingIsConnected();
    void numbersAreTheSnapshots_data();
    void numbersAreTheSnapshots();
    void noneIsTopWhereThereIsNothing();
    void unknownIsADash();
    void figuresAreOfTheChosenWindow();
    void tableSortsAndKeepsItsSelection();
    void columnsWithoutRoomAreLeftOutAndSaidSo();
    void cellSelectsItsShard();
    void nodeBarsLeadToTheirNode();
    void opensAtAShardOrMetric();
    void exportsAllFormatsWithTheSameNumbers();
    void exportAsksWhereTo();
    void exportAsksBeforeItOverwrites();
    void exportSaysWhyItFailed();
    void escapeGivesUpAReport();
    void figuresOfADownNodeAreSaidToBeOld();
    void ratesOfASilentDirectoryAreSaidToBeOld();
    void nothingDeliveredIsSaid();
};

void ShardsTest::saysThatNothingIsConnected()
{
    PageFixture fixture;
    fixture.make<ui::ShardsPage>();
    auto* state = fixture.find<ui::StateView>("pageState");
    QVERIFY(state->isVisible());
    QCOMPARE(state->title(), QString("Not connected"));
    QVERIFY(!fixture.find<QTableView>("shardTable")->isVisible());
    fixture.fake->openingFails =
        backend::Error{backend::ErrorCode::Unavailable, "pg-1 does not answer", true};
    fixture.bridge.open(fakeOpener(fixture.fake));
    QTRY_COMPARE(state->title(), QString("The cluster could not be opened"));
    QVERIFY(state->text().contains("pg-1 does not answer"));
    fixture.fake->openingFails.reset();
    QVERIFY(fixture.open());
    QTRY_VERIFY(!state->isVisible());
    QVERIFY(fixture.find<QTableView>("shardTable")->isVisible());
}

void ShardsTest::numbersAreTheSnapshots_data()
{
    QTest::addColumn<int>("metric");
    for (const auto metric : backend::kBalanceMetrics)
        QTest::newRow(std::string(backend::toString(metric)).c_str()) << int(metric);
}

void ShardsTest::numbersAreTheSnapshots()
{
    QFETCH(int, metric);
    const auto balanceMetric = backend::BalanceMetric(metric);
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    auto* box = fixture.find<QComboBox>("balanceMetric");
    box->setCurrentIndex(box->findData(metric));
    const auto& snapshot = *fixture.bridge.snapshot();
    const auto loads = backend::loadByNode(snapshot, balanceMetric);
    const auto byShard = backend::shardBalance(snapshot, balanceMetric);
    const auto byNode = backend::nodeBalance(snapshot, balanceMetric);
    QVERIFY(byShard.mean > 0);
    QCOMPARE(fixture.find<ui::MetricTile>("shardMaxOverMean")->value(),
             ui::formatNumber(byShard.maxOverMean, 2));
    QCOMPARE(fixture.find<ui::MetricTile>("nodeMaxOverMean")->value(),
             ui::formatNumber(byNode.maxOverMean, 2));
    // Which they are, and the way there.
    const auto top = std::max_element(
        snapshot.shards.begin(), snapshot.shards.end(), [balanceMetric](const auto& a, const auto& b) {
            return backend::valueOf(a, balanceMetric) < backend::valueOf(b, balanceMetric);
        });
    const auto shardLine = fixture.find<ui::MetricTile>("shardMaxOverMean")->subline();
    QVERIFY2(shardLine.startsWith(QString("shard %1: ").arg(top->shard)), qPrintable(shardLine));
    const auto nodeLine = fixture.find<ui::MetricTile>("nodeMaxOverMean")->subline();
    QVERIFY2(nodeLine.startsWith(QString::fromStdString(loads.front().name) + ": "), qPrintable(nodeLine));
    QSignalSpy opened(&page, &ui::Page::openPage);
    emit fixture.find<ui::MetricTile>("nodeMaxOverMean")->clicked();
    QCOMPARE(opened.size(), 1);
    QCOMPARE(opened[0].at(0).toString(), QString("nodes"));
    QCOMPARE(opened[0].at(1).toString(), QString::fromStdString(loads.front().name));
    auto* variation = fixture.find<ui::MetricTile>("shardVariation");
    QCOMPARE(variation->value(), ui::formatNumber(byShard.coefficientOfVariation * 100, 1));
    // The same band as the nodes' chart draws: two standard deviations.
    QVERIFY(
        variation->subline().contains(ui::formatNumber(backend::chanceBand(byShard) * 100, 1) + " % (2 σ)"));
    const auto& bars = fixture.find<ui::RankedBars>("nodeBars")->bars();
    QCOMPARE(bars.size(), loads.size());
    for (std::size_t i = 0; i < bars.size(); ++i) {
        QCOMPARE(bars[i].name, QString::fromStdString(loads[i].name));
        QCOMPARE(bars[i].value, loads[i].value);
    }
    auto* heat = fixture.find<ui::HeatGrid>("shardHeat");
    QVERIFY(heat->scale().begin <= byShard.min / byShard.mean && heat->scale().end() >= byShard.maxOverMean);
    QVERIFY2(heat->cellText(7).contains("7"), qPrintable(heat->cellText(7)));
    QCOMPARE(heat->caption(), "Highest: " + heat->cellText(top->shard));
}

void ShardsTest::noneIsTopWhereThereIsNothing()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1, 16);
    for (auto& shard : snapshot.shards)
        shard.deliveriesPerSecond = 0;
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    auto* box = fixture.find<QComboBox>("balanceMetric");
    box->setCurrentIndex(box->findData(int(backend::BalanceMetric::Deliveries)));
    QSignalSpy opened(&page, &ui::Page::openPage);
    for (const auto* name : {"shardMaxOverMean", "nodeMaxOverMean"}) {
        auto* tile = fixture.find<ui::MetricTile>(name);
        QCOMPARE(tile->subline(), QString("nothing to compare: all are 0"));
        emit tile->clicked();
    }
    QVERIFY(opened.isEmpty());
    // Of what is not known nobody says that it is 0.
    auto unknown = withNodeDown(snapshot, snapshot.shards[3].timelinesNode);
    ++unknown.sequence;
    fixture.engine().setSnapshot(unknown);
    QTRY_COMPARE(fixture.find<ui::MetricTile>("shardMaxOverMean")->subline(),
                 QString("nothing to compare: all known are 0"));
}

void ShardsTest::unknownIsADash()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1, 16);
    for (auto& shard : snapshot.shards) {
        shard.timelines = shard.entries = shard.bytes = shard.users = shard.posts = -1;
        shard.sweptAt.reset();
    }
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto* box = fixture.find<QComboBox>("balanceMetric");
    box->setCurrentIndex(box->findData(int(backend::BalanceMetric::Entries)));
    for (const auto* name : {"shardMaxOverMean", "nodeMaxOverMean", "shardVariation", "balanceTotal"})
        QCOMPARE(fixture.find<ui::MetricTile>(name)->value(), QString("–"));
    const auto* model = fixture.find<QTableView>("shardTable")->model();
    QCOMPARE(model->index(3, ui::ShardEntriesColumn).data().toString(), QString("–"));
    QCOMPARE(model->index(3, ui::ShardSweptColumn).data().toString(), QString("–"));
    auto* note = fixture.find<ui::Label>("shardsLastKnown");
    QVERIFY(note->isVisible());
    QCOMPARE(note->text(),
             QString("Timelines, entries and bytes are counted shard by shard: 0 of 16 so far"));
    QCOMPARE(note->tone(), ui::Tone::Muted);
    for (auto& shard : snapshot.shards)
        shard.sweptAt = snapshot.takenAt;
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_VERIFY(!note->isVisible());
}

void ShardsTest::tableSortsAndKeepsItsSelection()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto* table = fixture.find<QTableView>("shardTable");
    const auto* model = table->model();
    QCOMPARE(model->rowCount(), 64);
    const auto shardAt = [&](int row) { return model->index(row, ui::ShardNumberColumn).data().toInt(); };
    table->sortByColumn(ui::ShardTimelinesColumn, Qt::DescendingOrder);
    QCOMPARE(shardAt(0), 63);
    QCOMPARE(shardAt(63), 0);
    table->setCurrentIndex(model->index(5, 0));
    QCOMPARE(shardAt(5), 58);
    auto changed = fixture.engine().lastSnapshot();
    changed.shards[58].timelines = 1;
    fixture.engine().setSnapshot(changed);
    QTRY_COMPARE(shardAt(63), 58);
    QCOMPARE(table->currentIndex().row(), 63);
    table->sortByColumn(ui::ShardNumberColumn, Qt::AscendingOrder);
    QCOMPARE(shardAt(0), 0);
    QCOMPARE(table->currentIndex().row(), 58);
}

// Nothing is cut at the side: what does not fit beside the panel is one click away, and in exports.
void ShardsTest::columnsWithoutRoomAreLeftOutAndSaidSo()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    page.resize(1'900, 700);
    QVERIFY(QTest::qWaitForWindowExposed(&page));
    auto* table = fixture.find<QTableView>("shardTable");
    auto* more = fixture.find<QToolButton>("moreColumns");
    const auto hidden = [&] { return table->horizontalHeader()->hiddenSectionCount(); };
    QTRY_COMPARE(hidden(), 0);
    QVERIFY(!more->isVisible());
    page.resize(1'080, 700);
    page.openArgument("shard 3");
    QTRY_VERIFY(hidden() > 0);
    QTRY_COMPARE(table->horizontalScrollBar()->maximum(), 0);
    for (const int column : {ui::ShardNumberColumn, ui::ShardEntriesColumn, ui::ShardBytesColumn,
                             ui::ShardPostsColumn, ui::ShardDeliveriesColumn, ui::ShardReadsColumn})
        QVERIFY(!table->isColumnHidden(column));
    QVERIFY(more->isVisible());
    QCOMPARE(more->text(), QString("%1 more columns…").arg(hidden()));
    QVERIFY2(more->toolTip().contains("Posts on"), qPrintable(more->toolTip()));
    ui::TableReader reader(*table, ui::TableRows::All);
    QVERIFY(reader.read(std::chrono::seconds(5)));
    QCOMPARE(int(reader.take().header.size()), int(ui::ShardColumnCount));
    QTest::mouseClick(more, Qt::LeftButton);
    QTRY_COMPARE(hidden(), 0);
    QTRY_VERIFY(table->horizontalScrollBar()->maximum() > 0);
    QCOMPARE(more->text(), QString("Fewer columns"));
    QTest::mouseClick(more, Qt::LeftButton);
    QTRY_VERIFY(hidden() > 0);
    QTest::keyClick(table, Qt::Key_Escape); // without the panel there is room for more
    const int beside = hidden();
    QTRY_VERIFY(hidden() < beside || beside == 0);
}

void ShardsTest::cellSelectsItsShard()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto* heat = fixture.find<ui::HeatGrid>("shardHeat");
    auto* table = fixture.find<QTableView>("shardTable");
    QTest::mouseClick(heat, Qt::LeftButton, {}, heat->cellRect(37).center());
    QCOMPARE(table->currentIndex().siblingAtColumn(ui::ShardNumberColumn).data().toInt(), 37);
    table->setCurrentIndex(table->model()->index(11, 0));
    QCOMPARE(heat->current(), 11);
}

void ShardsTest::opensAtAShardOrMetric()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    page.openArgument("shard 17");
    QCOMPARE(fixture.find<QTableView>("shardTable")->currentIndex().row(), 17);
    page.openArgument("posts");
    QCOMPARE(fixture.find<QComboBox>("balanceMetric")->currentData().toInt(),
             int(backend::BalanceMetric::Posts));
}

void ShardsTest::exportsAllFormatsWithTheSameNumbers()
{
    QTemporaryDir directory;
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    QSignalSpy written(&page, &ui::ShardsPage::reportWritten);
    backend::Engine& engine = fixture.engine();
    const auto report = engine.monitor().shardReport(*fixture.bridge.snapshot());
    const std::vector<std::pair<QString, backend::ReportFormat>> texts{
        {"a.csv", backend::ReportFormat::Csv},
        {"a.json", backend::ReportFormat::Json},
        {"a.html", backend::ReportFormat::Html},
    };
    for (const auto& [name, format] : texts) {
        page.exportTo(directory.filePath(name));
        QTRY_COMPARE(written.size(), 1);
        written.clear();
        QFile file(directory.filePath(name));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto content = file.readAll().toStdString();
        QVERIFY(!content.empty());
        QCOMPARE(content, engine.monitor().render(report, format));
    }
    page.exportTo(directory.filePath("a.pdf"));
    QTRY_COMPARE(written.size(), 1);
    QFile pdf(directory.filePath("a.pdf"));
    QVERIFY(pdf.open(QIODevice::ReadOnly));
    QVERIFY(pdf.readAll().startsWith("%PDF-"));
    QVERIFY(fixture.find<QLabel>("exportOutcome")->text().contains("a.pdf"));
}

void ShardsTest::exportAsksWhereTo()
{
    QTemporaryDir directory;
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    QSignalSpy written(&page, &ui::ShardsPage::reportWritten);
    QTimer::singleShot(0, this, [&] {
        QTRY_VERIFY(qobject_cast<QFileDialog*>(QApplication::activeModalWidget()));
        auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
        dialog->selectNameFilter(dialog->nameFilters().at(2)); // CSV
        dialog->findChild<QLineEdit*>("fileNameEdit")->setText(directory.filePath("chosen"));
        dialog->findChild<QLineEdit*>("fileNameEdit")->setFocus();
        QMetaObject::invokeMethod(dialog, "accept");
    });
    QTest::mouseClick(fixture.find<QPushButton>("exportReport"), Qt::LeftButton);
    QTRY_COMPARE(written.size(), 1);
    QCOMPARE(written.first().first().toString(), directory.filePath("chosen.csv"));
    QVERIFY(QFile::exists(directory.filePath("chosen.csv")));
}

// Also where the extension comes from the filter.
void ShardsTest::exportAsksBeforeItOverwrites()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    QTemporaryDir directory;
    QFile old(directory.filePath("chosen.pdf"));
    QVERIFY(old.open(QIODevice::WriteOnly) && old.write("the old one") > 0);
    old.close();
    auto& page = fixture.make<ui::ShardsPage>();
    QSignalSpy written(&page, &ui::ShardsPage::reportWritten);
    bool asked = false;
    QTimer::singleShot(0, this, [&] {
        QTRY_VERIFY(qobject_cast<QFileDialog*>(QApplication::activeModalWidget()));
        auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
        QTimer::singleShot(0, this, [&] {
            auto* question = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
            asked = question != nullptr;
            if (question) question->button(QMessageBox::No)->click();
        });
        dialog->findChild<QLineEdit*>("fileNameEdit")->setText(directory.filePath("chosen"));
        QMetaObject::invokeMethod(dialog, "accept");
        dialog->reject();
    });
    QTest::mouseClick(fixture.find<QPushButton>("exportReport"), Qt::LeftButton);
    QVERIFY(asked);
    QCOMPARE(written.size(), 0);
    QVERIFY(old.open(QIODevice::ReadOnly));
    QCOMPARE(old.readAll(), QByteArray("the old one"));
}

void ShardsTest::exportSaysWhyItFailed()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    auto* outcome = fixture.find<QLabel>("exportOutcome");
    page.exportTo("/proc/report.csv");
    QTRY_VERIFY2(outcome->text().contains("cannot be written"), qPrintable(outcome->text()));
    QVERIFY(fixture.find<QPushButton>("exportReport")->isEnabled());
    page.exportTo("/nowhere/at/all/report.pdf");
    QTRY_VERIFY2(outcome->text().contains("does not exist"), qPrintable(outcome->text()));
}

// An odd minute of the fake's has half as much again of everything.
void ShardsTest::figuresAreOfTheChosenWindow()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    const auto& snapshot = *fixture.bridge.snapshot();
    auto minute = std::chrono::floor<std::chrono::minutes>(snapshot.takenAt) - std::chrono::minutes(5);
    if (minute.time_since_epoch().count() % 2 == 0) minute -= std::chrono::minutes(1);
    const auto* table = fixture.find<QTableView>("shardTable")->model();
    const auto entries = [&] { return table->index(7, ui::ShardEntriesColumn).data().toString(); };
    const auto before = snapshot.shards[7].entries;
    QTRY_COMPARE(entries(), ui::formatCount(before));
    fixture.range.choose(minute, minute + std::chrono::minutes(1));
    QTRY_COMPARE(entries(), ui::formatCount(before * 3 / 2));
    const auto now = backend::shardBalance(snapshot, backend::BalanceMetric::Deliveries);
    auto* total = fixture.find<ui::MetricTile>("balanceTotal");
    QCOMPARE(total->value(), ui::formatRate(now.total * 1.5));
    QVERIFY2(total->subline().contains("mean of the window"), qPrintable(total->subline()));
    const auto loads = backend::loadByNode(snapshot, backend::BalanceMetric::Deliveries);
    QCOMPARE(fixture.find<ui::RankedBars>("nodeBars")->bars()[0].value, loads[0].value * 1.5);
    // Sixty seconds' events vary less by chance than one's.
    const double chance =
        std::sqrt(63 * (1 / double(backend::usersOf(snapshot)) + 1 / (now.total * 1.5 * 60))) * 100;
    auto* variation = fixture.find<ui::MetricTile>("shardVariation");
    QVERIFY2(variation->subline().contains(ui::formatNumber(backend::kChanceDeviations * chance, 1)),
             qPrintable(variation->subline()));
    const auto said = [&](const char* words) {
        for (const auto* label : fixture.page->findChildren<QLabel*>("cardSubtitle"))
            if (label->text().contains(words)) return true;
        return false;
    };
    QVERIFY(said("users, PostgreSQL and nodes as of"));
    // Before the history began nothing is known: said, not passed over.
    fixture.range.setReach(ui::TimeRange::kKept);
    fixture.range.choose(minute - std::chrono::hours(5), minute - std::chrono::hours(4));
    QTRY_COMPARE(entries(), ui::formatCount(before));
    QVERIFY(said("not of the chosen window"));
    QVERIFY(!said("mean of the window"));
    fixture.range.reset();
    QTRY_VERIFY(!said("not of the chosen window"));
}

void ShardsTest::nodeBarsLeadToTheirNode()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    QSignalSpy opened(&page, &ui::Page::openPage);
    auto* box = fixture.find<QComboBox>("balanceMetric");
    auto* bars = fixture.find<ui::RankedBars>("nodeBars");
    for (const auto metric : {backend::BalanceMetric::Deliveries, backend::BalanceMetric::Posts}) {
        box->setCurrentIndex(box->findData(int(metric)));
        opened.clear();
        bars->setFocus();
        QTest::keyClick(bars, Qt::Key_Home);
        QTest::keyClick(bars, Qt::Key_Return);
        QCOMPARE(opened.size(), 1);
        QCOMPARE(opened[0][0].toString(), QString("nodes"));
        QCOMPARE(opened[0][1].toString(), bars->bars()[0].name);
    }
}

void ShardsTest::escapeGivesUpAReport()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    auto* outcome = fixture.find<QLabel>("exportOutcome");
    QTemporaryDir directory;
    fixture.engine().hold("shardReport");
    page.exportTo(directory.filePath("report.csv"));
    QVERIFY2(outcome->text().contains("Esc gives up"), qPrintable(outcome->text()));
    fixture.find<QTableView>("shardTable")->setFocus();
    QTest::keyClick(fixture.find<QTableView>("shardTable"), Qt::Key_Escape);
    fixture.engine().release("shardReport");
    QTRY_COMPARE(outcome->text(), QString("Given up: no report was written."));
    QVERIFY(!QFile::exists(directory.filePath("report.csv")));
    QVERIFY(fixture.find<QPushButton>("exportReport")->isEnabled());
}

void ShardsTest::figuresOfADownNodeAreSaidToBeOld()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    const auto healthy = fakeSnapshot(1);
    fixture.engine().setSnapshot(withNodeDown(healthy, 5)); // redis-3
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto* box = fixture.find<QComboBox>("balanceMetric");
    box->setCurrentIndex(box->findData(int(backend::BalanceMetric::Entries)));
    auto* note = fixture.find<QLabel>("shardsLastKnown");
    QVERIFY(note->isVisible());
    QCOMPARE(note->text(), QString("8 shards show figures of %1 %2: redis-3 is down")
                               .arg(ui::formatClock(*healthy.shards[2].sweptAt), ui::zoneName()));
    auto* heat = fixture.find<ui::HeatGrid>("shardHeat");
    QVERIFY2(heat->cellText(2).contains("redis-3 is down"), qPrintable(heat->cellText(2)));
    QVERIFY(!heat->cellText(3).contains("down"));
    for (const auto& bar : fixture.find<ui::RankedBars>("nodeBars")->bars())
        QCOMPARE(bar.lastKnown, bar.name == "redis-3");
    // Hatched: not of one colour, as those of now are.
    const auto colours = [&](int shard) {
        const auto image = heat->grab(heat->cellRect(shard).adjusted(4, 4, -6, -6)).toImage();
        QSet<QRgb> out;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                out.insert(image.pixel(x, y));
        return out.size();
    };
    QVERIFY(colours(2) > 1);
    QCOMPARE(colours(3), 1);
    // Nothing arrives there: not a 0 that looks as if it was measured, and it says since when.
    box->setCurrentIndex(box->findData(int(backend::BalanceMetric::Deliveries)));
    const auto asOf = QString("nothing known since %1 %2: redis-3 is down")
                          .arg(ui::formatClock(*healthy.shards[2].sweptAt), ui::zoneName());
    QVERIFY2(heat->cellText(2).contains(asOf), qPrintable(heat->cellText(2)));
    const auto deliveries =
        fixture.find<QTableView>("shardTable")->model()->index(2, ui::ShardDeliveriesColumn);
    QCOMPARE(deliveries.data().toString(), ui::unknownText());
    QCOMPARE(deliveries.data(Qt::ToolTipRole).toString(), asOf);
    for (const auto& bar : fixture.find<ui::RankedBars>("nodeBars")->bars())
        QCOMPARE(std::isnan(bar.value), bar.name == "redis-3");
    fixture.engine().setSnapshot(fakeSnapshot(2));
    QTRY_VERIFY(!note->isVisible());
}

// What other engines count comes from there.
void ShardsTest::ratesOfASilentDirectoryAreSaidToBeOld()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    const auto healthy = fakeSnapshot(1);
    const auto readAt = healthy.takenAt - std::chrono::seconds(2);
    fixture.engine().setSnapshot(withSilentDirectory(healthy, readAt));
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    auto* box = fixture.find<QComboBox>("balanceMetric");
    box->setCurrentIndex(box->findData(int(backend::BalanceMetric::Deliveries)));
    const auto clock = QString("%1 %2").arg(ui::formatClock(readAt), ui::zoneName());
    auto* note = fixture.find<QLabel>("shardsLastKnown");
    QTRY_VERIFY(note->isVisible());
    QCOMPARE(note->text(), QString("rates are of %1: the directory does not answer").arg(clock));
    auto* heat = fixture.find<ui::HeatGrid>("shardHeat");
    const auto asOf = QString("as of %1; the directory does not answer").arg(clock);
    QVERIFY2(heat->cellText(3).contains(asOf), qPrintable(heat->cellText(3)));
    for (const auto& bar : fixture.find<ui::RankedBars>("nodeBars")->bars())
        QVERIFY(bar.lastKnown);
    const auto* table = fixture.find<QTableView>("shardTable")->model();
    for (const int column : {ui::ShardDeliveriesColumn, ui::ShardReadsColumn}) {
        QVERIFY(table->index(0, column).data(Qt::FontRole).value<QFont>().italic());
        QVERIFY(table->index(0, column).data(Qt::ToolTipRole).toString().contains(asOf));
    }
    QVERIFY(!table->index(0, ui::ShardEntriesColumn).data(Qt::FontRole).value<QFont>().italic());
    QCOMPARE(table->index(0, ui::ShardLastKnownColumn).data().toString(), "rates " + asOf);
    page.openArgument("shard 3");
    QTRY_VERIFY(fixture.find<QLabel>("shardLastKnown")->isVisible());
    QCOMPARE(fixture.find<QLabel>("shardLastKnown")->text(), "Rates " + asOf);
    fixture.engine().setSnapshot(fakeSnapshot(2));
    QTRY_VERIFY(!note->isVisible());
}

void ShardsTest::nothingDeliveredIsSaid()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    auto snapshot = fakeSnapshot(1, 16);
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto* heat = fixture.find<ui::HeatGrid>("shardHeat");
    QCOMPARE(heat->note(), QString());
    for (auto& shard : snapshot.shards)
        shard.deliveriesPerSecond = 0;
    snapshot.sequence = 22; // what was before is no part of these seconds
    fixture.engine().setSnapshot(snapshot);
    QTRY_VERIFY2(heat->note().startsWith("Nothing was delivered in the last "), qPrintable(heat->note()));
}

} // namespace tests

QTEST_MAIN(tests::ShardsTest)
#include "shards_test.moc"
