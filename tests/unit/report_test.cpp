// The shard report: every rendering is parsed back and every number compared with the report's own.
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QTest>
#include <QXmlStreamReader>

#include "backend/report/shard_report.h"

#include <cmath>

namespace tests {

using namespace backend;

class ReportTest : public QObject
{
    Q_OBJECT

private slots:
    void init() { m_report = buildShardReport(snapshot()); }
    void modelFollowsTheSnapshot();
    void chanceNeedsAllUsers();
    void csvIsRectangularAndQuoted();
    void csvHasTheNumbers();
    void jsonHasTheNumbers();
    void allRenderingsAgree();
    void unknownIsEmptyAndNull();
    void htmlIsWellFormedAndSelfContained();
    void htmlDrawsEveryShardAndNode();
    void hostileNamesStayText();
    void emptyAndLargeClusters();
    void lastKnownIsSaid();

private:
    static ClusterSnapshot snapshot();
    ShardReport m_report;
};

namespace {

using Cells = QList<QStringList>;

Cells parseCsv(const QString& text)
{
    Cells rows(1);
    QString field;
    bool quoted = false;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        if (quoted) {
            if (c == '"' && i + 1 < text.size() && text[i + 1] == '"')
                field += text[++i];
            else if (c == '"')
                quoted = false;
            else
                field += c;
        } else if (c == '"')
            quoted = true;
        else if (c == ',' || c == '\n') {
            rows.last() << field;
            field.clear();
            if (c == '\n') rows << QStringList();
        } else if (c != '\r')
            field += c;
    }
    rows.removeLast();
    return rows;
}

// Tables of an HTML page by their id: the body's cells with grouping removed, unknown as "".
QMap<QString, Cells> parseHtmlTables(const QString& html, QString* error)
{
    QMap<QString, Cells> out;
    QXmlStreamReader xml(html);
    QString table;
    while (!xml.atEnd()) {
        xml.readNext();
        if (!xml.isStartElement()) continue;
        if (xml.name() == QLatin1String("table"))
            table = xml.attributes().value("id").toString();
        else if (xml.name() == QLatin1String("tbody"))
            out[table] = {};
        else if (xml.name() == QLatin1String("tr") && out.contains(table))
            out[table] << QStringList();
        else if (xml.name() == QLatin1String("td")) {
            const bool number = xml.attributes().value("class") == QLatin1String("n");
            QString text = xml.readElementText();
            if (number) text.remove(',');
            out[table].last() << (text == QString::fromUtf8("–") ? QString() : text);
        }
    }
    *error = xml.hasError() ? xml.errorString() : QString();
    return out;
}

QString jsonText(const QJsonValue& value)
{
    if (value.isNull()) return {};
    return value.isDouble() ? QString::number(value.toDouble(), 'g', 15) : value.toString();
}

// The same number may be written "20" and "2e+01".
bool sameCell(const QString& a, const QString& b)
{
    bool okA = false, okB = false;
    const double x = a.toDouble(&okA), y = b.toDouble(&okB);
    return okA && okB ? x == y : a == b;
}

} // namespace

ClusterSnapshot ReportTest::snapshot()
{
    ClusterSnapshot out;
    out.clusterName = "main";
    out.environment = "staging";
    out.takenAt = TimePoint(std::chrono::seconds(1'700'000'000));
    out.epoch = 12;
    out.shardCount = 16;
    out.readsPerSecond = 63.25;
    out.failedReadsPerSecond = 37.5;
    out.partialPagesPerSecond = -1;
    for (int id = 1; id <= 5; ++id) {
        NodeSnapshot node;
        node.id = id;
        node.kind = id <= 2 ? NodeKind::Postgres : NodeKind::Redis;
        node.name = (id <= 2 ? "pg-" : "redis-") + std::to_string(id);
        node.roles = id == 1 ? std::vector{Role::Directory, Role::Users}
                             : std::vector{id == 2 ? Role::Posts : Role::Timelines};
        node.health = id == 5 ? Health::Down : Health::Ok;
        node.message = id == 5 ? "redis-5 does not answer, \"start\" it" : "";
        node.memoryBytes = id > 2 ? 1'234'567 * id : -1;
        node.commandsPerSecond = id * 1000.0625;
        node.keyspaceHitRatio = id > 2 ? 2.0 / 3 : -1;
        out.nodes.push_back(node);
    }
    for (int i = 0; i < 16; ++i) {
        ShardSnapshot shard;
        shard.shard = i;
        shard.usersNode = 1;
        shard.postsNode = 2;
        shard.timelinesNode = 3 + i % 3;
        shard.users = 1000 + i;
        shard.posts = 123'456 + i * i;
        shard.timelines = i == 4 ? -1 : 900 + 7 * i;
        shard.entries = shard.timelines < 0 ? -1 : shard.timelines * 311;
        shard.bytes = shard.timelines < 0 ? -1 : shard.timelines * 40'009;
        shard.deliveriesPerSecond = i / 3.0;
        shard.readsPerSecond = i == 5 ? -1 : 17.25 * i;
        if (i % 2) shard.sweptAt = out.takenAt - std::chrono::seconds(i);
        out.shards.push_back(shard);
    }
    return out;
}

void ReportTest::modelFollowsTheSnapshot()
{
    QCOMPARE(m_report.rows.size(), std::size_t(16));
    QCOMPARE(m_report.rows[3].timelinesNode, std::string("redis-3"));
    QCOMPARE(m_report.rows[3].usersNode, std::string("pg-1"));
    QCOMPARE(m_report.users, std::int64_t(16 * 1000 + 120));
    QCOMPARE(m_report.balance.size(), kBalanceMetrics.size());
    const auto& timelines = m_report.balance[0];
    QCOMPARE(timelines.byShard.known, 15);
    QCOMPARE(timelines.byNode.known, 3);
    double sum = 0;
    for (const auto& load : timelines.nodes)
        sum += load.value;
    QCOMPARE(sum, timelines.byShard.total);
    QCOMPARE(timelines.byShard.chanceCoefficientOfVariation, std::sqrt(14.0 / double(m_report.users)));
}

void ReportTest::chanceNeedsAllUsers()
{
    auto gap = snapshot();
    gap.shards[3].users = -1;
    const auto report = buildShardReport(gap);
    QCOMPARE(report.users, std::int64_t(0));
    const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(renderJson(report))).object();
    QVERIFY(json["cluster_users_count"].isNull());
    QVERIFY(json["balance"].toArray()[0].toObject()["chance_coefficient_of_variation"].isNull());
}

void ReportTest::csvIsRectangularAndQuoted()
{
    const auto text = QString::fromStdString(renderCsv(m_report));
    QCOMPARE(text.count("\r\n"), text.count('\n'));
    const auto rows = parseCsv(text);
    for (const auto& row : rows)
        QCOMPARE(row.size(), rows[0].size());
    QCOMPARE(QSet<QString>(rows[0].begin(), rows[0].end()).size(), rows[0].size()); // no name twice
    QVERIFY(text.contains("\"redis-5 does not answer, \"\"start\"\" it\""));
    QVERIFY(rows[0].contains("timelines_bytes") && rows[0].contains("reads_per_second"));
}

void ReportTest::csvHasTheNumbers()
{
    const auto rows = parseCsv(QString::fromStdString(renderCsv(m_report)));
    const auto at = [&](const QStringList& row, const char* name) {
        return row[rows[0].indexOf(QString(name))];
    };
    int shards = 0;
    for (const auto& row : rows) {
        if (at(row, "record") != "shard") continue;
        const auto& s = m_report.rows[std::size_t(shards++)].shard;
        QCOMPARE(at(row, "schema_version"), QString("1"));
        QCOMPARE(at(row, "shard").toInt(), s.shard);
        QCOMPARE(at(row, "posts_count").toLongLong(), s.posts);
        if (s.timelines >= 0) QCOMPARE(at(row, "timelines_bytes").toLongLong(), s.bytes);
        QVERIFY(std::abs(at(row, "deliveries_per_second").toDouble() - s.deliveriesPerSecond) <= 0.0005);
        QCOMPARE(at(row, "taken_at_utc"), QString("2023-11-14T22:13:20Z"));
    }
    QCOMPARE(shards, 16);
}

void ReportTest::jsonHasTheNumbers()
{
    const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(renderJson(m_report))).object();
    QCOMPARE(json["schema_version"].toInt(), kShardReportSchemaVersion);
    QCOMPARE(json["epoch"].toInt(), 12);
    QCOMPARE(json["cluster_reads_per_second"].toDouble(), 63.25);
    QCOMPARE(json["cluster_failed_reads_per_second"].toDouble(), 37.5);
    QCOMPARE(json["cluster_failed_writes_per_second"].toDouble(), 0.0);
    QVERIFY(json["cluster_partial_pages_per_second"].isNull()); // not known
    const auto shards = json["shards"].toArray();
    QCOMPARE(shards.size(), 16);
    for (int i = 0; i < 16; ++i) {
        const auto& s = m_report.rows[std::size_t(i)].shard;
        QCOMPARE(shards[i].toObject()["users_count"].toInteger(), s.users);
        QVERIFY(std::abs(shards[i].toObject()["deliveries_per_second"].toDouble() - s.deliveriesPerSecond) <=
                0.0005);
    }
    const auto balance = json["balance"].toArray();
    QCOMPARE(balance.size(), int(kBalanceMetrics.size()) * 2);
    for (std::size_t i = 0; i < kBalanceMetrics.size(); ++i) {
        const auto row = balance[qsizetype(i) * 2].toObject();
        const auto& want = m_report.balance[i].byShard;
        QVERIFY(std::abs(row["max_over_mean"].toDouble() - want.maxOverMean) <= 0.00005);
        QVERIFY(std::abs(row["coefficient_of_variation"].toDouble() - want.coefficientOfVariation) <=
                0.00005);
    }
}

void ReportTest::allRenderingsAgree()
{
    QString error;
    const auto html = parseHtmlTables(QString::fromStdString(renderHtml(m_report)), &error);
    QCOMPARE(error, QString());
    const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(renderJson(m_report))).object();
    const auto csv = parseCsv(QString::fromStdString(renderCsv(m_report)));
    const QMap<QString, QString> records{
        {"shards", "shard"}, {"balance", "balance"}, {"node_loads", "node_load"}, {"nodes", "node"}};
    int compared = 0;
    for (auto it = records.begin(); it != records.end(); ++it) {
        const QString prefix = it.value() == "shard" ? QString() : it.value() + "_";
        Cells csvRows;
        for (const auto& row : csv)
            if (row[0] == it.value()) csvRows << row;
        const auto jsonRows = json[it.key()].toArray();
        QCOMPARE(html[it.key()].size(), jsonRows.size());
        QCOMPARE(csvRows.size(), jsonRows.size());
        for (int r = 0; r < jsonRows.size(); ++r) {
            const auto object = jsonRows[r].toObject();
            QCOMPARE(html[it.key()][r].size(), object.size());
            QStringList fromJson;
            for (auto field = object.begin(); field != object.end(); ++field) {
                const auto column = csv[0].indexOf(prefix + field.key());
                QVERIFY2(column > 0, qPrintable(prefix + field.key()));
                QVERIFY2(sameCell(csvRows[r][column], jsonText(field.value())), qPrintable(field.key()));
                fromJson << csvRows[r][column];
                ++compared;
            }
            // QJsonObject sorts its keys and the page does not: compare as multisets.
            auto fromHtml = html[it.key()][r];
            fromHtml.sort();
            fromJson.sort();
            QCOMPARE(fromHtml, fromJson);
        }
    }
    QVERIFY(compared > 400);
}

void ReportTest::unknownIsEmptyAndNull()
{
    const auto csv = parseCsv(QString::fromStdString(renderCsv(m_report)));
    for (const auto& row : csv)
        if (row[0] == "shard" && row[csv[0].indexOf("shard")] == "4") {
            QCOMPARE(row[csv[0].indexOf("timelines_count")], QString());
            QCOMPARE(row[csv[0].indexOf("swept_at_utc")], QString());
        }
    const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(renderJson(m_report))).object();
    QVERIFY(json["shards"].toArray()[4].toObject()["entries_count"].isNull());
    QVERIFY(json["shards"].toArray()[5].toObject()["reads_per_second"].isNull());
    QVERIFY(json["nodes"].toArray()[0].toObject()["memory_bytes"].isNull());
}

void ReportTest::htmlIsWellFormedAndSelfContained()
{
    const auto html = QString::fromStdString(renderHtml(m_report));
    QXmlStreamReader xml(html);
    while (!xml.atEnd()) {
        xml.readNext();
        if (!xml.isStartElement()) continue;
        for (const auto* forbidden : {"script", "link", "img", "iframe"})
            QVERIFY(xml.name() != QLatin1String(forbidden));
        for (const auto& attribute : xml.attributes())
            QVERIFY(attribute.name() != QLatin1String("href") && attribute.name() != QLatin1String("src"));
    }
    QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
    QVERIFY(!html.contains("url(") && !html.contains("@import"));
    for (const auto* part :
         {"prefers-color-scheme: dark", "@media print", "2023-11-14 22:13:20 UTC", "charset=\"utf-8\""})
        QVERIFY2(html.contains(part), part);
}

void ReportTest::htmlDrawsEveryShardAndNode()
{
    const auto html = QString::fromStdString(renderHtml(m_report));
    QCOMPARE(html.count("<svg "), qsizetype(12)); // a heatmap and ranked bars for each metric
    QCOMPARE(html.count("<title>shard 7: "), qsizetype(6));
    QVERIFY(html.contains("<title>shard 7: 949 timelines</title>"));
    QVERIFY(html.contains("<title>shard 4: not known timelines</title>"));
    QVERIFY(html.count("class=\"band\"") >= 5 && html.count("class=\"mean\"") >= 5);
    // The band is named where it is drawn, with its own figure.
    const double band = chanceBand(m_report.balance.front().byNode);
    QCOMPARE(band, 2 * m_report.balance.front().byNode.chanceCoefficientOfVariation);
    QVERIFY(html.contains(QString("shaded: by chance alone ± %1 % (2 σ)").arg(band * 100, 0, 'f', 1)));
    QCOMPARE(html.count("class=\"bar\""), qsizetype(3 * 5 + 1)); // posts lie on one node
}

void ReportTest::hostileNamesStayText()
{
    auto hostile = snapshot();
    hostile.clusterName = "a<b>&\"c\"\x01";
    hostile.nodes[2].name = "=cmd,\"x\"\nnext";
    const auto report = buildShardReport(hostile);
    QString error;
    parseHtmlTables(QString::fromStdString(renderHtml(report)), &error);
    QCOMPARE(error, QString());
    const auto csv = parseCsv(QString::fromStdString(renderCsv(report)));
    QVERIFY(csv.last().size() == csv.first().size());
    QCOMPARE(csv[1][csv[0].indexOf("cluster")], QString("a<b>&\"c\"\x01"));
    const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(renderJson(report))).object();
    QCOMPARE(json["nodes"].toArray()[2].toObject()["name"].toString(), QString("=cmd,\"x\"\nnext"));
    hostile.nodes[2].message = "broken \xff bytes";
    QVERIFY(
        !QJsonDocument::fromJson(QByteArray::fromStdString(renderJson(buildShardReport(hostile)))).isNull());
}

void ReportTest::emptyAndLargeClusters()
{
    QString error;
    parseHtmlTables(QString::fromStdString(renderHtml(buildShardReport({}))), &error);
    QCOMPARE(error, QString());
    QVERIFY(!renderCsv(buildShardReport({})).empty());
    auto large = snapshot();
    const auto one = large.shards[1];
    large.shards.assign(4096, one);
    for (std::size_t i = 0; i < large.shards.size(); ++i)
        large.shards[i].shard = int(i);
    const auto tables = parseHtmlTables(QString::fromStdString(renderHtml(buildShardReport(large))), &error);
    QCOMPARE(error, QString());
    QCOMPARE(tables["shards"].size(), qsizetype(4096));
}

// A reader of a file sees no dimmed text: the file says which figures are of before.
void ReportTest::lastKnownIsSaid()
{
    auto taken = snapshot();
    const auto value = [&](const char* array, const char* name, int row) {
        const auto json = QJsonDocument::fromJson(
            QByteArray::fromStdString(renderShardReport(buildShardReport(taken), ReportFormat::Json)));
        return json[array][row][name];
    };
    QVERIFY(value("shards", "last_known", 0).isNull());
    auto& shard = taken.shards[0];
    shard.users = shard.posts = shard.timelines = shard.bytes = 1;
    shard.usersDown = shard.timelinesDown = true;
    shard.usersReadAt = TimePoint(std::chrono::seconds(1'800'000'000));
    shard.postsReadAt = *shard.usersReadAt + std::chrono::seconds(9);
    const auto report = buildShardReport(taken);
    const auto& row = report.rows[0];
    QCOMPARE(value("shards", "last_known", 0).toString(),
             QString::fromStdString("users on " + row.usersNode + "; timelines on " + row.timelinesNode));
    QVERIFY(value("shards", "postgres_read_at_utc", 0).toString().startsWith("2027-01-15"));
    const auto csv = QString::fromStdString(renderShardReport(report, ReportFormat::Csv));
    QVERIFY(csv.contains(QString::fromStdString("users on " + row.usersNode)));
    QVERIFY(csv.section('\n', 0, 0).contains("node_load_last_known"));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::ReportTest)
#include "report_test.moc"
