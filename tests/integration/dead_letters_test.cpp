// rookeryctl dead-letters and rebuild beside a running engine: what is listed, and that exactly what was
// listed is touched.
#include <QTest>

#include "tests/support/demo_session.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>

using namespace backend;
using namespace tests;

class DeadLettersTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_session = openDemo(); }
    void cleanupTestCase() { m_session.reset(); }
    void groupsAreListedShownRetriedAndDiscarded();
    void aTimelineIsRebuilt();

private:
    struct Ran
    {
        int code = -1;
        QByteArray output, errors;
        QJsonObject json() const { return QJsonDocument::fromJson(output).object(); }
    };
    Ran ctl(QStringList words)
    {
        QProcess process;
        words += {QStringLiteral("--config"), QString::fromStdString(m_session->configFile().string())};
        process.start(QStringLiteral(ROOKERYCTL), words);
        if (!process.waitForFinished(60'000)) throw std::runtime_error("rookeryctl did not end");
        return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
    }
    int dead() { return int(take(m_session->engine().operations().deadLetters(100, soon())).size()); }
    void kill(const std::string& payload, int count)
    {
        const auto inputs = m_session->auditInputs();
        auto connection = take(inputs.pools->all().begin()->second->lease(soon()));
        take(connection->execute(
            "INSERT INTO queue.tasks (kind, shard, attempts, rank, expires_at, payload) SELECT 3, 0, 7, 0,"
            " now() + interval '1 day', $1 FROM generate_series(1, $2::int)",
            {sqlParameter(payload), sqlParameter(count)}, soon()));
    }

    std::shared_ptr<app::OpenedSession> m_session;
};

void DeadLettersTest::groupsAreListedShownRetriedAndDiscarded()
{
    QCOMPARE(ctl({"dead-letters", "list", "--json"}).json()["dead_letters"].toInt(-1), 0);
    kill("{\"post\":\"x\"}", 3);
    kill("[" + std::string(10'000, '1') + "]", 2);
    QTRY_COMPARE_WITH_TIMEOUT(dead(), 5, 60'000);

    const auto listed = ctl({"dead-letters", "list", "--json"});
    QCOMPARE(listed.code, 0);
    QCOMPARE(listed.json()["dead_letters"].toInt(), 5);
    const auto groups = listed.json()["groups"].toArray();
    QVERIFY2(groups.size() >= 1, listed.output.constData());
    int sum = 0;
    for (const auto& group : groups) {
        sum += group.toObject()["count"].toInt();
        QCOMPARE(group.toObject()["ids"].toArray().size(), group.toObject()["count"].toInt());
        QCOMPARE(group.toObject()["kinds"].toObject()["deliver_chunk"].toInt(),
                 group.toObject()["count"].toInt());
    }
    QCOMPARE(sum, 5);
    QVERIFY(ctl({"dead-letters", "list"}).output.contains("deliver_chunk"));

    // A long payload is cut, and says so.
    const auto letters = take(m_session->engine().operations().deadLetters(100, soon()));
    const auto large = std::find_if(letters.begin(), letters.end(),
                                    [](const auto& letter) { return letter.payloadBytes > 5'000; });
    QVERIFY(large != letters.end());
    const auto id = QString::number(large->ref.node) + ":" + QString::number(large->ref.id);
    const auto shown = ctl({"dead-letters", "show", id, "--json"}).json();
    QCOMPARE(shown["payload_bytes"].toInt(), 10'002);
    QCOMPARE(shown["payload"].toString().size(), qsizetype(4'096));
    QCOMPARE(ctl({"dead-letters", "show", "9:9"}).code, 1);

    // A signature with another count than the person saw changes nothing; neither does a call that names
    // nothing.
    const auto group = groups.first().toObject();
    const auto signature = group["signature"].toString();
    const int count = group["count"].toInt();
    const auto other =
        ctl({"dead-letters", "discard", "--signature", signature, "--expect", QString::number(count + 1)});
    QCOMPARE(other.code, 1);
    QVERIFY2(other.errors.contains("nothing was changed"), other.errors.constData());
    QCOMPARE(ctl({"dead-letters", "discard"}).code, 2);
    QCOMPARE(ctl({"dead-letters", "discard", "what"}).code, 1);
    QCOMPARE(dead(), 5);

    // Retried, they fail again and come back under their ids.
    QCOMPARE(ctl({"dead-letters", "retry", id, "--json"}).json()["retried"].toInt(), 1);
    QTRY_COMPARE_WITH_TIMEOUT(dead(), 5, 60'000);
    const auto again = ctl(
        {"dead-letters", "discard", "--signature", signature, "--expect", QString::number(count), "--json"});
    QCOMPARE(again.json()["discarded"].toInt(), count);
    QCOMPARE(dead(), 5 - count);
    QVERIFY(drain(m_session->engine()));
}

void DeadLettersTest::aTimelineIsRebuilt()
{
    auto& feed = m_session->engine().feed();
    const auto reader = take(feed.createUser({"someone", "Some One"}, soon()));
    QVERIFY(drain(m_session->engine()));
    const auto post = take(feed.post(reader.id, "mine", soon()));
    QVERIFY(drain(m_session->engine()));
    QCOMPARE(ctl({"rebuild", "@someone"}).code, 0);
    const auto page = take(feed.homePage(reader.id, {}, soon()));
    QCOMPARE(page.entries.size(), std::size_t(1));
    QCOMPARE(page.entries.front().id.value, post.id.value);
    QCOMPARE(ctl({"rebuild", "@nobody"}).code, 1);
}

QTEST_GUILESS_MAIN(DeadLettersTest)
#include "dead_letters_test.moc"
