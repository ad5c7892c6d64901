// Copying and exporting: what CSV and tab-separated text look like, that pictures are whole, that a write
// that fails says so, and that every table and chart of every page has it.
#include <QAbstractItemView>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDateTime>
#include <QHeaderView>
#include <QMenu>
#include <QMessageBox>
#include <QRegularExpression>
#include <QSet>
#include <QSignalSpy>
#include <QStandardItemModel>
#include <QSvgRenderer>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTimeZone>
#include <QToolButton>
#include <QTreeView>

#include "tests/ui/page_fixture.h"
#include "ui/models/table_roles.h"
#include "ui/pages/page_factory.h"
#include "ui/pages/queue_page.h"
#include "ui/pages/shards_page.h"
#include "ui/widgets/card.h"
#include "ui/widgets/exporter.h"
#include "ui/widgets/table_style.h"
#include "ui/widgets/table_text.h"
#include "ui/widgets/time_chart.h"

namespace tests {

class ExportTest : public QObject
{
    Q_OBJECT

private slots:
    void csvIsQuoted();
    void formulasAreHarmless_data();
    void formulasAreHarmless();
    void valuesAreRaw();
    void columnsStandAsInTheView();
    void treesNameTheWholePath();
    void tabSeparatedHasOneLineARow();
    void copiesTheSelectedRows();
    void writesCsv();
    void failedWriteSaysWhy();
    void otherExtensionIsRefused();
    void picturesAreWhole_data();
    void picturesAreWhole();
    void keyboardOpensTheMenu();
    void cardOffersIt();
    void everyTableAndChartExports();
    void failureOutlivesThePage();
    void tooLargePictureIsAFailure();
    void figuresHaveTheirUnits();

private:
    static QByteArray contentOf(const QString& path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    static ui::TableCells readAll(const QAbstractItemView& view)
    {
        ui::TableReader reader(view, ui::TableRows::All);
        while (!reader.read(std::chrono::milliseconds(100))) {
        }
        return reader.take();
    }
    static ui::TableCells cells(const QStringList& row)
    {
        ui::TableCells out;
        out.header.push_back({"name", false});
        std::vector<ui::TableCell> line;
        for (const auto& text : row)
            line.push_back({text, false});
        out.rows.push_back(line);
        return out;
    }
};

void ExportTest::csvIsQuoted()
{
    const auto csv = ui::toCsv(cells({"plain", "a,b", "say \"no\"", "two\nlines", " spaced", "größer"}));
    QCOMPARE(csv, QByteArray(
                      "name\r\nplain,\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",\" spaced\",gr\xc3\xb6\xc3\x9f"
                      "er\r\n"));
}

void ExportTest::formulasAreHarmless_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QByteArray>("written");
    QTest::newRow("=") << "=1+1" << QByteArray("'=1+1");
    QTest::newRow("+") << "+1" << QByteArray("'+1");
    QTest::newRow("-") << "-cmd|' /C calc'!A0" << QByteArray("'-cmd|' /C calc'!A0");
    QTest::newRow("@") << "@SUM(1;2)" << QByteArray("'@SUM(1;2)");
    QTest::newRow("quoted") << "=A1,B1" << QByteArray("\"'=A1,B1\"");
    QTest::newRow("tab") << "\t=1" << QByteArray("'\t=1");
    QTest::newRow("harmless") << "a=1" << QByteArray("a=1");
}

void ExportTest::formulasAreHarmless()
{
    QFETCH(QString, text);
    QFETCH(QByteArray, written);
    QCOMPARE(ui::toCsv(cells({text})), "name\r\n" + written + "\r\n");
}

void ExportTest::valuesAreRaw()
{
    QCOMPARE(ui::tableCell(QVariant(-2.5)).text, QString("-2.5"));
    QVERIFY(ui::tableCell(QVariant(-2.5)).number); // not made harmless
    QCOMPARE(ui::tableCell(QVariant(qlonglong(1'234'567))).text, QString("1234567"));
    QCOMPARE(ui::tableCell(QVariant(1e6)).text, QString("1000000"));
    QCOMPARE(ui::tableCell(QVariant(0.1)).text, QString("0.1"));
    QVERIFY(ui::tableCell(QVariant(std::nan(""))).text.isEmpty());
    QVERIFY(ui::tableCell(QVariant()).text.isEmpty());
    QVERIFY(ui::tableCell(QVariant(QString("–"))).text.isEmpty()); // not known
    const QDateTime time(QDate(2026, 11, 27), QTime(1, 2, 3, 4), QTimeZone(3600));
    QCOMPARE(ui::tableCell(QVariant(time)).text, QString("2026-11-27T01:02:03.004+01:00"));
    const QDateTime utc(QDate(2026, 11, 27), QTime(1, 2, 3), Qt::UTC);
    QCOMPARE(ui::tableCell(QVariant(utc)).text, QString("2026-11-27T01:02:03.000Z"));
}

void ExportTest::columnsStandAsInTheView()
{
    QStandardItemModel model(1, 3);
    model.setHorizontalHeaderLabels({"a", "b", "c"});
    for (int column = 0; column < 3; ++column)
        model.setItem(0, column, new QStandardItem(QString(QChar('x' + column))));
    QTableView view;
    ui::styleTable(view);
    view.setModel(&model);
    view.horizontalHeader()->moveSection(2, 0);
    view.setColumnHidden(1, true);
    QCOMPARE(ui::toCsv(readAll(view)), QByteArray("c,a\r\nz,x\r\n"));
}

void ExportTest::treesNameTheWholePath()
{
    QStandardItemModel model;
    model.setHorizontalHeaderLabels({"name", "state"});
    auto* engine = new QStandardItem("host:1");
    engine->appendRow({new QStandardItem("Worker 1"), new QStandardItem("idle")});
    model.appendRow({engine, new QStandardItem("working")});
    QTreeView view;
    ui::styleTree(view);
    view.setModel(&model); // collapsed: exported all the same
    QCOMPARE(ui::toCsv(readAll(view)),
             QByteArray("name,state\r\nhost:1,working\r\nhost:1 / Worker 1,idle\r\n"));
}

void ExportTest::tabSeparatedHasOneLineARow()
{
    QCOMPARE(ui::toTabSeparated(cells({"a\tb", "two\nlines", "=x"})), QString("name\na b\ttwo lines\t'=x\n"));
}

void ExportTest::copiesTheSelectedRows()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    auto* table = fixture.find<QTableView>("queueKinds");
    table->clearSelection();
    table->selectionModel()->select(table->model()->index(0, 0),
                                    QItemSelectionModel::Select | QItemSelectionModel::Rows);
    table->selectionModel()->select(table->model()->index(2, 0),
                                    QItemSelectionModel::Select | QItemSelectionModel::Rows);
    table->setFocus();
    QGuiApplication::clipboard()->clear();
    QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
    const auto text = QGuiApplication::clipboard()->text();
    const auto lines = text.split('\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 3);
    QVERIFY2(lines[0].startsWith("Kind\tReady\tRunning"), qPrintable(lines[0]));
    QVERIFY(lines[1].startsWith(table->model()->index(0, 0).data().toString()));
    QVERIFY(lines[2].startsWith(table->model()->index(2, 0).data().toString()));
    QVERIFY2(lines[0].contains("Oldest (s)"), qPrintable(lines[0]));
}

void ExportTest::writesCsv()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    snapshot.shards[3].postgresBytes = 12'345'678;
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto* table = fixture.find<QTableView>("shardTable");
    QTRY_COMPARE(table->model()->rowCount(), 64);
    QTemporaryDir directory;
    const auto path = directory.filePath("shards.csv");
    auto* exporter = ui::Exporter::of(*table);
    QSignalSpy finished(exporter, &ui::Exporter::finished);
    exporter->exportTo(path);
    QTRY_COMPARE(finished.size(), 1);
    QVERIFY2(finished[0][0].toBool(), qPrintable(finished[0][1].toString()));
    QVERIFY2(finished[0][1].toString().contains("64 rows"), qPrintable(finished[0][1].toString()));
    const auto content = contentOf(path);
    QCOMPARE(content.count("\r\n"), 65);
    QVERIFY(content.contains("PostgreSQL (bytes)"));
    QVERIFY(content.contains(",12345678,")); // as it is, not "11.8 MiB"
}

void ExportTest::failedWriteSaysWhy()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::QueuePage>();
    auto* exporter = ui::Exporter::of(*fixture.find<QTableView>("queueKinds"));
    QSignalSpy finished(exporter, &ui::Exporter::finished);
    exporter->exportTo("/nowhere/at/all/kinds.csv");
    QTRY_COMPARE(finished.size(), 1);
    QVERIFY(!finished[0][0].toBool());
    auto* box = page.findChild<QMessageBox*>("exportFailed");
    QVERIFY(box);
    QVERIFY2(box->text().contains("does not exist: make it"), qPrintable(box->text()));
    box->close();
    exporter->exportTo("/proc/kinds.csv");
    QTRY_COMPARE(finished.size(), 2);
    QVERIFY2(finished[1][1].toString().contains("choose a folder"), qPrintable(finished[1][1].toString()));
}

void ExportTest::otherExtensionIsRefused()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    auto* exporter = ui::Exporter::of(*fixture.find<QTableView>("queueKinds"));
    QSignalSpy finished(exporter, &ui::Exporter::finished);
    QTemporaryDir directory;
    exporter->exportTo(directory.filePath("kinds.png"));
    QCOMPARE(finished.size(), 1);
    QVERIFY(!finished[0][0].toBool());
    QVERIFY(finished[0][1].toString().contains(".csv"));
    QVERIFY(!QFile::exists(directory.filePath("kinds.png")));
}

void ExportTest::picturesAreWhole_data()
{
    QTest::addColumn<QString>("page");
    QTest::addColumn<QString>("chart");
    QTest::addColumn<QString>("title");
    QTest::addColumn<QString>("choice"); // a button that shows it
    QTest::newRow("time chart") << "queue"
                                << "queueRates"
                                << "Arrival, drain"
                                << "";
    QTest::newRow("heat grid") << "shards"
                               << "shardHeat"
                               << "Shards"
                               << "";
    QTest::newRow("treemap") << "shards"
                             << "shardTreemap"
                             << "Timeline nodes and shards"
                             << "pictureTreemap";
    QTest::newRow("Lorenz curve") << "shards"
                                  << "lorenzChart"
                                  << "Lorenz curve"
                                  << "pictureLorenz";
    QTest::newRow("swim lanes") << "queue"
                                << "workerLanes"
                                << "Workers over time"
                                << "";
}

// Not one colour only, as large as the chart, and with its title and time as letters in the SVG.
void ExportTest::picturesAreWhole()
{
    QFETCH(QString, page);
    QFETCH(QString, chart);
    QFETCH(QString, title);
    QFETCH(QString, choice);
    PageFixture fixture;
    fixture.engine().setHistory(fakeHistory(
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()), 120));
    QVERIFY(fixture.open());
    if (page == "queue")
        fixture.make<ui::QueuePage>();
    else
        fixture.make<ui::ShardsPage>();
    QVERIFY(fixture.waitForNews());
    if (!choice.isEmpty()) QTest::mouseClick(fixture.find<QToolButton>(qPrintable(choice)), Qt::LeftButton);
    auto* widget = fixture.find<QWidget>(qPrintable(chart));
    QVERIFY(widget);
    QVERIFY((widget->focusPolicy() & Qt::TabFocus) != 0);
    auto* exporter = ui::Exporter::of(*widget);
    QVERIFY(exporter);
    QTemporaryDir directory;
    QSignalSpy finished(exporter, &ui::Exporter::finished);
    exporter->exportTo(directory.filePath("chart.png"));
    QTRY_COMPARE(finished.size(), 1);
    QVERIFY2(finished[0][0].toBool(), qPrintable(finished[0][1].toString()));
    const QImage image(directory.filePath("chart.png"));
    QVERIFY(!image.isNull());
    QVERIFY(image.width() >= 2 * 100);
    QSet<QRgb> colours;
    for (int y = 0; y < image.height(); y += 2)
        for (int x = 0; x < image.width(); x += 2)
            colours << image.pixel(x, y);
    QVERIFY2(colours.size() > 8, qPrintable(QString::number(colours.size())));

    exporter->exportTo(directory.filePath("chart.svg"));
    QTRY_COMPARE(finished.size(), 2);
    QVERIFY2(finished[1][0].toBool(), qPrintable(finished[1][1].toString()));
    const auto svg = contentOf(directory.filePath("chart.svg"));
    QVERIFY(QSvgRenderer(svg).isValid());
    QVERIFY2(svg.contains(title.toUtf8()), svg.left(2'000).constData());
    QVERIFY(svg.contains("<text"));
    // The time with its zone.
    const QRegularExpression time("20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d \\S+");
    QVERIFY(time.match(QString::fromUtf8(svg)).hasMatch());
    QVERIFY(!svg.contains("<image")); // lines, no photograph of them
}

void ExportTest::keyboardOpensTheMenu()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    const auto menuOf = [](QWidget* widget) {
        QStringList names;
        auto* menu = widget->findChild<QMenu*>("exportMenu");
        if (!menu) return names;
        for (const auto* action : menu->actions())
            names << action->objectName();
        menu->close();
        return names;
    };
    auto* table = fixture.find<QTableView>("queueKinds");
    QTest::keyClick(table, Qt::Key_F10, Qt::ShiftModifier);
    QCOMPARE(menuOf(table), (QStringList{"copy", "exportCsv"}));
    auto* chart = fixture.find<ui::TimeChart>("queueRates");
    QContextMenuEvent event(QContextMenuEvent::Keyboard, {}, {});
    QCoreApplication::sendEvent(chart, &event);
    QCOMPARE(menuOf(chart), (QStringList{"copy", "exportPng", "exportSvg"}));
    // The mouse's goes to the viewport.
    QContextMenuEvent mouse(QContextMenuEvent::Mouse, {5, 5}, table->viewport()->mapToGlobal(QPoint(5, 5)));
    QTRY_VERIFY(!table->findChild<QMenu*>("exportMenu"));
    QCoreApplication::sendEvent(table->viewport(), &mouse);
    QCOMPARE(menuOf(table), (QStringList{"copy", "exportCsv"}));
}

void ExportTest::cardOffersIt()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    auto* chart = fixture.find<ui::TimeChart>("queueRates");
    auto* button = chart->findChild<QToolButton*>("cardExport");
    QVERIFY(button && button->isVisible());
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_VERIFY(chart->findChild<QMenu*>("exportMenu"));
    chart->findChild<QMenu*>("exportMenu")->close();
}

// A page, and a chart, that is added later is looked at here, too: what is painted by a widget of ours that
// is named a chart, map, bars, lanes.
void ExportTest::everyTableAndChartExports()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    static const QRegularExpression chart(
        QStringLiteral("^ui::\\w*(Chart|Bars?|Map|Treemap|Lanes|HeatGrid)$"));
    int tables = 0;
    QSet<QString> kinds;
    for (const auto& entry : ui::pageEntries()) {
        const std::unique_ptr<ui::Page> page(
            entry.make(ui::PageContext{fixture.theme, fixture.bridge, fixture.range}, nullptr));
        for (const auto* widget : page->findChildren<QWidget*>()) {
            const QString kind = widget->metaObject()->className();
            const bool table =
                qobject_cast<const QTableView*>(widget) || qobject_cast<const QTreeView*>(widget);
            const bool drawn = chart.match(kind).hasMatch();
            if (!table && !drawn) continue;
            tables += table;
            if (drawn) kinds << kind;
            QVERIFY2(ui::Exporter::of(*widget),
                     qPrintable(QString("%1: %2 %3").arg(entry.id, kind, widget->objectName())));
        }
    }
    QVERIFY(tables >= 8);
    for (const char* kind : {"TimeChart", "CurveChart", "LorenzChart", "RankedBars", "TtlBars", "PartBar",
                             "HeatGrid", "Treemap", "ShardTimeMap", "SwimLanes"})
        QVERIFY2(kinds.contains(QString("ui::") + kind), kind);
}

// Whoever left the page meanwhile is told all the same.
void ExportTest::failureOutlivesThePage()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    ui::Exporter::of(*fixture.find<QTableView>("queueKinds"))->exportTo("/nowhere/at/all/kinds.csv");
    fixture.page.reset();
    const auto told = []() -> QMessageBox* {
        for (auto* widget : QApplication::topLevelWidgets())
            if (widget->objectName() == "exportFailed") return qobject_cast<QMessageBox*>(widget);
        return nullptr;
    };
    QTRY_VERIFY(told());
    QVERIFY(told()->text().contains("does not exist"));
    told()->close();
}

// An empty file is no picture.
void ExportTest::tooLargePictureIsAFailure()
{
    QVERIFY(ui::encodePng(QImage()).isEmpty());
    const ui::Theme theme{ui::ThemeMode::Light};
    QWidget chart;
    ui::makeExportable(theme, chart,
                       {[] { return QString("Huge"); }, [] { return QString("now"); },
                        [] { return QSize(4'000'000, 4'000'000); }, [](QPainter&, QSize) {}});
    auto* exporter = ui::Exporter::of(chart);
    QSignalSpy finished(exporter, &ui::Exporter::finished);
    QTemporaryDir directory;
    exporter->exportTo(directory.filePath("huge.png"));
    QTRY_COMPARE(finished.size(), 1);
    QVERIFY(!finished[0][0].toBool());
    QVERIFY(!QFile::exists(directory.filePath("huge.png")));
    chart.findChild<QMessageBox*>("exportFailed")->close();
}

// Figures as the screen has them, with their unit in the header.
void ExportTest::figuresHaveTheirUnits()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    QStringList headers;
    for (const auto& entry : ui::pageEntries()) {
        const std::unique_ptr<ui::Page> page(
            entry.make(ui::PageContext{fixture.theme, fixture.bridge, fixture.range}, nullptr));
        for (const auto* table : page->findChildren<QTableView*>())
            for (int column = 0; table->model() && column < table->model()->columnCount(); ++column)
                headers << table->model()->headerData(column, Qt::Horizontal, ui::RawRole).toString();
    }
    for (const char* name : {"Took (s)",         "Total time (ms)", "Mean (ms)",          "Worst (ms)",
                             "Size (bytes)",     "Behind (bytes)",  "Behind in time (s)", "Probe p50 (ms)",
                             "p99 (ms)",         "Sent (bytes/s)",  "Received (bytes/s)", "Up for (s)",
                             "Memory (bytes)",   "Disk (bytes)",    "Answers in (ms)",    "Memory ≈ (bytes)",
                             "Share (0 to 1)",   "Per key (bytes)", "Per reader (bytes)", "Used (bytes)",
                             "Growth (bytes/d)", "Oldest (s)"})
        QVERIFY2(headers.contains(QString::fromUtf8(name)), name);
    for (const char* name : {"Took", "Size", "Behind", "Up for", "Disk", "Used", "Growth", "Oldest"})
        QVERIFY2(!headers.contains(QString::fromUtf8(name)), name);
}

} // namespace tests

QTEST_MAIN(tests::ExportTest)
#include "export_test.moc"
