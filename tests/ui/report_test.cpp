// The shard report as files: four formats with the same numbers, errors that say what to do, nothing
// half-written.
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPainter>
#include <QTemporaryDir>
#include <QTest>

#include "backend/report/shard_report.h"
#include "tests/models/model_samples.h"
#include "tests/ui/silent_painting.h"
#include "ui/report/pdf_report.h"
#include "ui/report/report_file.h"
#include "ui/report/report_tables.h"

#include <algorithm>
#include <csignal>
#include <sys/resource.h>

namespace tests {
namespace {

// Collects the texts that a painter draws.
class TextCollector final : public SilentPaintEngine
{
public:
    void drawRects(const QRectF*, int count) override { rectangles += count; }
    void drawTextItem(const QPointF&, const QTextItem& item) override { texts << item.text(); }

    QStringList texts;
    int rectangles = 0;
};

class CollectingDevice final : public SilentSheet
{
public:
    CollectingDevice()
        : SilentSheet({8420, 5950}, 720)
    {
    }
    // Draws the report onto this device.
    void draw(const backend::ShardReport& report)
    {
        QPainter painter(this);
        ui::drawShardReport(report, painter, QSizeF(width(), height()), [this] { ++pages; });
    }
    QPaintEngine* paintEngine() const override { return &engine; }

    mutable TextCollector engine;
    int pages = 1;
};

QString grouped(const QString& figure)
{
    if (figure.isEmpty()) return QStringLiteral("–");
    bool isNumber = false;
    figure.toDouble(&isNumber);
    return isNumber ? QString::fromStdString([&] {
        std::string out;
        const auto text = figure.toStdString();
        const auto point = std::min(text.find('.'), text.size());
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (i > 0 && i < point && (point - i) % 3 == 0) out += ',';
            out += text[i];
        }
        return out;
    }())
                    : figure;
}

// Whether `row` stands in `texts`, cell after cell.
bool containsRow(const QStringList& texts, const QStringList& row)
{
    return std::search(texts.begin(), texts.end(), row.begin(), row.end()) != texts.end();
}

backend::ShardReport sampleReport(int shards = 64)
{
    auto snapshot = sampleSnapshot(shards);
    snapshot.clusterName = "sample cluster";
    snapshot.shards[5].entries = -1;
    snapshot.shards[5].sweptAt.reset();
    snapshot.nodes[3].memoryBytes = 123'456'789;
    snapshot.nodes[3].message = "redis-2 does not answer: start it";
    return backend::buildShardReport(snapshot);
}

QByteArray contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class ReportTest : public QObject
{
    Q_OBJECT

private slots:
    void writesAllFormats();
    void drawnPagesShowTheFiguresOfTheTable();
    void drawsManyShardsAndNone();
    void refusesUnknownExtension();
    void namesWhatCannotBeWritten_data();
    void namesWhatCannotBeWritten();
    void keepsTheOldFileWhenTheDiskIsFull();
    void filtersNameTheirSuffix();

private:
    QTemporaryDir m_directory;
};

void ReportTest::writesAllFormats()
{
    const auto report = sampleReport();
    for (const auto* suffix : {"csv", "json", "html", "pdf", "HTM"}) {
        const auto path = m_directory.filePath(QStringLiteral("all formats.%1").arg(suffix));
        const auto written = ui::writeReport(report, &backend::renderShardReport, path);
        QVERIFY2(written, written ? "" : written.error().message.c_str());
    }
    QCOMPARE(contentOf(m_directory.filePath("all formats.csv")).toStdString(), backend::renderCsv(report));
    QCOMPARE(contentOf(m_directory.filePath("all formats.json")).toStdString(), backend::renderJson(report));
    QCOMPARE(contentOf(m_directory.filePath("all formats.html")).toStdString(), backend::renderHtml(report));
    QCOMPARE(contentOf(m_directory.filePath("all formats.HTM")).toStdString(), backend::renderHtml(report));
    const auto pdf = contentOf(m_directory.filePath("all formats.pdf"));
    QVERIFY(pdf.startsWith("%PDF-"));
    QVERIFY(pdf.trimmed().endsWith("%%EOF"));
    // Nothing is left beside the files.
    QCOMPARE(QDir(m_directory.path()).entryList(QDir::Files | QDir::Hidden).size(), 5);
}

void ReportTest::drawnPagesShowTheFiguresOfTheTable()
{
    const auto report = sampleReport();
    CollectingDevice device;
    device.draw(report);
    const auto& texts = device.engine.texts;
    QVERIFY(device.pages >= 3);
    QVERIFY(texts.contains(QStringLiteral("Page %1 of %1").arg(device.pages)));
    int shards = 0, balances = 0, nodes = 0, loads = 0;
    QStringList header;
    for (const auto& line :
         QString::fromStdString(backend::renderCsv(report)).split("\r\n", Qt::SkipEmptyParts)) {
        const auto cells = line.split(u',');
        if (header.isEmpty()) {
            header = cells;
            continue;
        }
        const auto record = cells[header.indexOf("record")];
        QStringList figures;
        for (qsizetype i = 0; i < cells.size(); ++i)
            if (header[i] != "record" && !cells[i].isEmpty()) figures << cells[i];
        for (const auto& figure : figures) {
            bool isNumber = false;
            figure.toDouble(&isNumber);
            if (isNumber)
                QVERIFY2(texts.contains(grouped(figure)), qPrintable(line + "\nlacks " + grouped(figure)));
        }
        shards += record == "shard";
        balances += record == "balance";
        nodes += record == "node";
        loads += record == "node_load";
    }
    QCOMPARE(shards, 64);
    QCOMPARE(balances, 12);
    QCOMPARE(nodes, 4);
    QVERIFY(loads > 0);
    // Whole rows, in order.
    for (const auto& table : {ui::reportShardsTable(report), ui::reportBalanceTable(report),
                              ui::reportNodesTable(report), ui::reportNodeVolumesTable(report)})
        for (const auto& row : table.rows)
            QVERIFY2(containsRow(texts, row), qPrintable(row.join(u' ')));
    QVERIFY(containsRow(texts, {"5", "pg-1", "pg-2", "redis-2", "60", "35", "45,000", "50", "–", "320,000",
                                "7.5", "2.5", "–"}));
    QVERIFY(texts.contains("redis-2 does not answer: start it"));
}

void ReportTest::drawsManyShardsAndNone()
{
    CollectingDevice many, none;
    many.draw(sampleReport(4096));
    QVERIFY(many.pages > 50);
    QVERIFY(many.engine.rectangles > 4096 * 6);
    none.draw(backend::ShardReport{});
    QVERIFY(none.pages >= 2);
    QVERIFY(!none.engine.texts.contains("0.0000"));
}

void ReportTest::refusesUnknownExtension()
{
    const auto written =
        ui::writeReport(sampleReport(), &backend::renderShardReport, m_directory.filePath("report.docx"));
    QVERIFY(!written);
    QVERIFY(written.error().code == backend::ErrorCode::InvalidArgument);
    QVERIFY(QString::fromStdString(written.error().message).contains(".pdf"));
    QVERIFY(!QFile::exists(m_directory.filePath("report.docx")));
}

void ReportTest::namesWhatCannotBeWritten_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("words");
    QTest::newRow("no such folder") << m_directory.filePath("nowhere/report.csv")
                                    << QString("does not exist");
    QTest::newRow("unwritable folder") << QString("/proc/report.csv") << QString("cannot be written");
    QDir(m_directory.path()).mkdir("folder.csv");
    QTest::newRow("a folder") << m_directory.filePath("folder.csv") << QString("not an ordinary file");
}

void ReportTest::namesWhatCannotBeWritten()
{
    QFETCH(QString, path);
    QFETCH(QString, words);
    const auto written = ui::writeReport(sampleReport(), &backend::renderShardReport, path);
    QVERIFY(!written);
    const auto message = QString::fromStdString(written.error().message);
    QVERIFY2(message.contains(words), qPrintable(message));
    QVERIFY2(message.contains(path), qPrintable(message));
}

// A limit on the size of files makes writes fail half-way, as a full disk does.
void ReportTest::keepsTheOldFileWhenTheDiskIsFull()
{
    const auto path = m_directory.filePath("kept.csv");
    QFile old(path);
    QVERIFY(old.open(QIODevice::WriteOnly));
    old.write("the old report");
    old.close();
    rlimit before{};
    QCOMPARE(getrlimit(RLIMIT_FSIZE, &before), 0);
    auto* const oldHandler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1024, before.rlim_max};
    QCOMPARE(setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto written = ui::writeReport(sampleReport(), &backend::renderShardReport, path);
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, oldHandler);
    QVERIFY(!written);
    const auto message = QString::fromStdString(written.error().message);
    QVERIFY2(message.contains(path), qPrintable(message));
    QCOMPARE(contentOf(path), QByteArray("the old report"));
    QCOMPARE(QDir(m_directory.path()).entryList({"kept*"}, QDir::Files).size(), 1);
}

void ReportTest::filtersNameTheirSuffix()
{
    const auto filters = ui::reportFileFilters();
    QCOMPARE(filters.size(), 4);
    for (int i = 0; i < 4; ++i)
        QVERIFY(filters[i].contains(QStringList{"(*.pdf)", "(*.html)", "(*.csv)", "(*.json)"}[i]));
}

} // namespace tests

QTEST_MAIN(tests::ReportTest)
#include "report_test.moc"
