// A very small bench from beginning to end: it measures what it says, its report is whole, and what it cannot
// do it says in a sentence. Times are never judged.
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include "app/bench/bench.h"
#include "app/bench/requirements.h"

#include <cmath>
#include <fstream>
#include <set>

using namespace app;

namespace {

BenchSizes tinySizes()
{
    BenchSizes sizes;
    sizes.rounds = 2;
    sizes.groups = {
        {120, 200, 200, 10, {{5, 4, 3}, {100, 1, 2}}, {}},
        {1'500, 20, 20, 0, {{50, 1, 2}, {1'200, 1, 2}}, "delivery_cost_100k_vs_10k"},
    };
    sizes.writers = 8;
    sizes.postsPerWriter = 120;
    sizes.pageReaders = 6;
    sizes.pagesPerRound = 12;
    sizes.deepPage = 45; // below the cap of 800
    sizes.postsPerRound = 20;
    sizes.postGapMicroseconds = 500;
    sizes.busyPosts = 2;
    sizes.memorySamples = 3;
    sizes.deletedPosts = 3'000; // fifteen steps with a pause after each
    sizes.deletionSamples = 20;
    sizes.dormantFollowers = 500;
    sizes.dormantPosts = 3;
    sizes.diskGiB = 0.2;
    return sizes;
}

bool isFinitePositive(const QJsonValue& value)
{
    return value.isDouble() && std::isfinite(value.toDouble()) && value.toDouble() > 0;
}

// Empty when well-formed, else what is wrong; counts the elements.
QString xmlError(const std::string& text, int& elements)
{
    QXmlStreamReader reader(QByteArray::fromStdString(text));
    for (elements = 0; !reader.atEnd();)
        elements += reader.readNext() == QXmlStreamReader::StartElement ? 1 : 0;
    return reader.hasError() ? reader.errorString() : QString();
}

} // namespace

class BenchTest : public QObject
{
    Q_OBJECT

private slots:
    void aReportIsWhole();
    void aStoppedBenchEndsAndSaysSo();
    void whatDoesNotFitIsSaidBeforeAnythingStarts();
    void entriesShrinkToTheMemory();
    void roundsBecomeMediansAndSpreads();
    void theQuickBenchGoesUpToAMillionReaders();

private:
    void checkRatios(const QJsonObject& json, const BenchReport& report);
    void checkFigures(const QJsonObject& json);
};

void BenchTest::checkRatios(const QJsonObject& json, const BenchReport& report)
{
    const auto ratios = json["ratios"].toObject(), reasons = json["ratio_reasons"].toObject();
    // What readers of its JSON rely on.
    for (const auto* key :
         {"fanout_vs_bare_zadd", "bytes_per_entry", "post_p99_busy_vs_idle", "warm_page_vs_bare",
          "page_1000_vs_page_1", "queue_tasks_per_s", "delivery_cost_1m_vs_10k"})
        QVERIFY2(ratios.contains(QLatin1StringView(key)), key);
    for (const auto key : kRatioKeys) {
        const auto name = QString::fromUtf8(key.data(), int(key.size()));
        QVERIFY2(ratios.contains(name), qPrintable(name));
        QVERIFY2(!reasons[name].toString().isEmpty(), qPrintable(name));
        const auto* ratio = report.ratio(key);
        QVERIFY2(ratio, qPrintable(name));
        // A tiny fan-out may be over before enough posts were timed beside it; a million readers are not
        // tried here.
        const bool optional = key == "delivery_cost_1m_vs_10k" || key.ends_with("_busy_vs_idle");
        if (ratio->rounds.empty())
            QVERIFY2(optional && ratios[name].isNull(), qPrintable(name));
        else
            QVERIFY2(isFinitePositive(ratios[name]), qPrintable(name));
    }
    QVERIFY(ratios["delivery_cost_1m_vs_10k"].isNull());
    QVERIFY(isFinitePositive(ratios["delivery_cost_100k_vs_10k"]));
    QCOMPARE(json["ratio_spreads"].toObject()["fanout_vs_bare_zadd"].toObject()["rounds"].toArray().size(),
             2);
}

void BenchTest::checkFigures(const QJsonObject& json)
{
    QStringList keys;
    for (const auto& value : json["figures"].toArray()) {
        const auto figure = value.toObject();
        const auto key = figure["key"].toString();
        keys.append(key);
        for (const auto* number : {"median", "min", "max", "repetitions_per_round"}) {
            // used_memory moves by whole pages: with so few timelines its difference may be anything.
            // And processor time counts in hundredths of a second.
            if (key.contains("used_memory") || key.contains("_cpu_us"))
                QVERIFY(std::isfinite(figure[number].toDouble()));
            else
                QVERIFY2(isFinitePositive(figure[number]) || key.startsWith("post.busy") ||
                             key.startsWith("delivery.busy"),
                         qPrintable(key + " " + number));
        }
        QVERIFY2(!figure["unit"].toString().isEmpty() && !figure["label"].toString().isEmpty() &&
                     !figure["how"].toString().isEmpty(),
                 qPrintable(key));
    }
    for (const auto* wanted : {"fanout.120_timelines.audience_5.engine_deliveries_per_s",
                               "fanout.120_timelines.audience_100.bare_zadd_per_s",
                               "fanout.1500_timelines.audience_1200.engine_vs_bare",
                               "fanout.1500_timelines.audience_50.us_per_delivery",
                               "memory.timeline.bytes_per_entry",
                               "memory.plain_set.bytes_per_entry",
                               "memory.1500_timelines.timeline.used_memory_bytes_per_entry",
                               "post.idle.p50_ms",
                               "post.idle.p99_ms",
                               "post.busy.p99_ms",
                               "delivery.idle.p50_ms",
                               "delivery.idle.p99_ms",
                               "delivery.busy.p99_ms",
                               "page.bare.p50_ms",
                               "page.warm.p50_ms",
                               "page.warm.p99_ms",
                               "page.first.p50_ms",
                               "page.deep.p50_ms",
                               "page.walked.mean_ms",
                               "page.first.mean_ms",
                               "queue.post_created_tasks_per_s",
                               "queue.edge_changed_tasks_per_s",
                               "rebuild.timelines_per_s",
                               "deletion.idle.post.p99_ms",
                               "deletion.idle.delivery.p99_ms",
                               "deletion.deleting.post.p99_ms",
                               "deletion.deleting.delivery.p99_ms",
                               "dormant.with.p50_ms",
                               "dormant.none.p50_ms"})
        QVERIFY2(keys.contains(QLatin1String(wanted)), wanted);
}

void BenchTest::aReportIsWhole()
{
    BenchOptions options;
    options.sizes = tinySizes();
    QStringList steps;
    const auto report =
        runBench(options, [&](const std::string& step) { steps.append(QString::fromStdString(step)); }, {});
    QVERIFY2(report, report ? "" : report.error().message.c_str());
    QVERIFY(steps.size() > 10);

    QJsonParseError parsed{};
    const auto json =
        QJsonDocument::fromJson(QByteArray::fromStdString(benchJson(*report)), &parsed).object();
    QCOMPARE(parsed.error, QJsonParseError::NoError);
    checkRatios(json, *report);
    checkFigures(json);
    const auto machine = json["machine"].toObject();
    QVERIFY(machine["cpus"].toInt() > 0);
    QVERIFY(machine["workers"].toInt() > 0);
    const double foreign = machine["cpu_share_of_other_programs"].toDouble(-1);
    QVERIFY2(foreign >= 0 && foreign <= 1, qPrintable(QString::number(foreign)));
    QVERIFY(!machine["redis"].toObject()["version"].toString().isEmpty());
    QVERIFY(!machine["postgresql"].toObject()["version"].toString().isEmpty());
    QVERIFY(json["prepared"].toArray().size() >= 3);

    const auto table = QString::fromStdString(benchTable(*report));
    int elements = 0;
    const auto svg = benchSvg(*report);
    QCOMPARE(xmlError(svg, elements), QString());
    QVERIFY(elements > 40);
    for (const auto& ratio : report->ratios) {
        const auto key = QString::fromStdString(ratio.key);
        QVERIFY2(table.contains(key), qPrintable(key));
        QVERIFY2(QString::fromStdString(svg).contains(key), qPrintable(key));
    }
}

void BenchTest::aStoppedBenchEndsAndSaysSo()
{
    BenchOptions options;
    options.sizes = tinySizes();
    options.sizes.rounds = 1'000'000; // it would never end by itself
    options.sizes.postsPerWriter = 1'000'000;
    std::stop_source stop;
    const auto report = runBench(
        options,
        [&](const std::string& step) {
            if (step.starts_with("queue with small tasks, round 3")) stop.request_stop();
        },
        stop.get_token());
    QVERIFY(!report);
    QVERIFY2(report.error().code == backend::ErrorCode::Cancelled, report.error().message.c_str());
}

void BenchTest::whatDoesNotFitIsSaidBeforeAnythingStarts()
{
    QTemporaryDir directory;
    const auto place = std::filesystem::path(directory.path().toStdString());
    std::ofstream(place / "letter") << "mine";
    BenchOptions options;
    options.sizes = tinySizes();
    const auto refused = [&](backend::ErrorCode code, const char* words) {
        const auto report =
            runBench(options, [](const std::string& step) { qFatal("started: %s", step.c_str()); }, {});
        return !report && report.error().code == code &&
               report.error().message.find(words) != std::string::npos;
    };
    options.dataDirectory = place;
    QVERIFY(refused(backend::ErrorCode::Configuration, "is not empty"));
    options.dataDirectory = place / "letter";
    QVERIFY(refused(backend::ErrorCode::Configuration, "is not a directory"));
    QVERIFY(std::filesystem::exists(place / "letter"));
    options.dataDirectory = place / "new";
    options.sizes.diskGiB = 1e9;
    QVERIFY(refused(backend::ErrorCode::DiskFull, "free disk"));
    options.sizes = tinySizes();
    options.sizes.groups[0].readers = 2'000'000'000;
    QVERIFY(refused(backend::ErrorCode::Configuration, "free memory"));
    QVERIFY(!std::filesystem::exists(place / "new"));
}

void BenchTest::entriesShrinkToTheMemory()
{
    const auto wanted = BenchSizes::full();
    const auto plenty = fitIntoMemory(wanted, std::int64_t(1) << 40);
    QVERIFY(plenty);
    QCOMPARE(plenty->groups[1].entries, wanted.groups[1].entries);
    const auto memory = std::int64_t(16) << 30;
    const auto fitted = fitIntoMemory(wanted, memory);
    QVERIFY2(fitted, fitted ? "" : fitted.error().message.c_str());
    QVERIFY(fitted->groups[1].entries < wanted.groups[1].entries);
    QVERIFY(fitted->groups[1].entries >= wanted.groups[1].fewestEntries);
    QCOMPARE(fitted->groups[0].entries, wanted.groups[0].entries);
    QVERIFY(expectedRedisBytes(*fitted) <= memory);
    QVERIFY(!fitIntoMemory(wanted, std::int64_t(1) << 30));
    QVERIFY(availableMemoryBytes() > 0);
}

void BenchTest::roundsBecomeMediansAndSpreads()
{
    QCOMPARE(median({3, 1, 2}), 2.0);
    QCOMPARE(median({4, 1, 2, 3}), 2.5);
    QCOMPARE(quantile({5, 1, 4, 2, 3}, 0.5), 3.0);
    QCOMPARE(quantile({5, 1, 4, 2, 3}, 0.99), 5.0);
    BenchReport report;
    report.addRatio("warm_page_vs_bare", 2, "a & b < c");
    report.addRatio("warm_page_vs_bare", 4);
    report.noRatio("warm_page_vs_bare", "not used: it was measured");
    report.noRatio("bytes_per_entry", "nobody looked");
    const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(benchJson(report))).object();
    QCOMPARE(json["ratios"].toObject()["warm_page_vs_bare"].toDouble(), 3.0);
    QVERIFY(json["ratios"].toObject()["bytes_per_entry"].isNull());
    QCOMPARE(json["ratio_reasons"].toObject()["bytes_per_entry"].toString(), QStringLiteral("nobody looked"));
    QCOMPARE(json["ratio_spreads"].toObject()["warm_page_vs_bare"].toObject()["max"].toDouble(), 4.0);
    int elements = 0;
    QCOMPARE(xmlError(benchSvg(report), elements), QString());
}

void BenchTest::theQuickBenchGoesUpToAMillionReaders()
{
    std::set<int> audiences;
    for (const auto& group : BenchSizes::quick().groups)
        for (const auto& audience : group.audiences)
            audiences.insert(audience.followers);
    QCOMPARE(audiences, std::set({10, 1'000, 10'000, 100'000, 1'000'000}));
    QCOMPARE(BenchSizes::quick().groups.back().costRatio, std::string("delivery_cost_1m_vs_10k"));
    QCOMPARE(BenchSizes::quick().deepPage, 1'000);
}

QTEST_GUILESS_MAIN(BenchTest)
#include "bench_test.moc"
