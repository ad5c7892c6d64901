// What Redis is told and says as text, without a server: addresses, the wire form of commands, the meaning of
// errors, a script's SHA-1.
#include <QTest>

#include "backend/cache/redis_address.h"
#include "backend/cache/redis_client.h"
#include "backend/cache/redis_encoding.h"
#include "backend/cache/redis_errors.h"

#include <array>

namespace tests {

using namespace backend;

class RedisTextsTest : public QObject
{
    Q_OBJECT

private slots:
    void unixAddress();
    void tcpAddresses();
    void credentialsAreDecodedAndNeverShown();
    void wrongAddressesSayWhatToWrite_data();
    void wrongAddressesSayWhatToWrite();
    void commandsInWireForm();
    void longArgumentsInWireForm();
    void errorsHaveMeanings_data();
    void errorsHaveMeanings();
    void scriptsKnowTheirSha1();
};

void RedisTextsTest::unixAddress()
{
    const auto address = parseRedisAddress("unix:///run/rookery/redis-1.sock");
    QVERIFY(address.has_value());
    QVERIFY(address->local());
    QCOMPARE(address->path, std::string("/run/rookery/redis-1.sock"));
    QCOMPARE(address->shown(), std::string("unix:///run/rookery/redis-1.sock"));
}

void RedisTextsTest::tcpAddresses()
{
    const auto plain = parseRedisAddress("redis://cache-7");
    QVERIFY(plain.has_value());
    QVERIFY(!plain->local());
    QCOMPARE(plain->host, std::string("cache-7"));
    QCOMPARE(plain->port, std::string("6379"));
    QCOMPARE(plain->database, 0);

    const auto full = parseRedisAddress("redis://10.0.0.7:7001/3");
    QVERIFY(full.has_value());
    QCOMPARE(full->host, std::string("10.0.0.7"));
    QCOMPARE(full->port, std::string("7001"));
    QCOMPARE(full->database, 3);

    const auto v6 = parseRedisAddress("redis://[::1]:7001");
    QVERIFY(v6.has_value());
    QCOMPARE(v6->host, std::string("::1"));
    QCOMPARE(v6->port, std::string("7001"));
    QCOMPARE(v6->shown(), std::string("redis://[::1]:7001"));
    const auto v6Plain = parseRedisAddress("redis://[::1]/2");
    QVERIFY(v6Plain.has_value());
    QCOMPARE(v6Plain->port, std::string("6379"));
    QCOMPARE(v6Plain->database, 2);
}

void RedisTextsTest::credentialsAreDecodedAndNeverShown()
{
    const auto address = parseRedisAddress("redis://rook%40ery:p%3Aa@ss%25@cache-7:7001/0");
    QVERIFY(address.has_value());
    QCOMPARE(address->user, std::string("rook@ery"));
    QCOMPARE(address->password, std::string("p:a@ss%"));
    QCOMPARE(address->host, std::string("cache-7"));
    QCOMPARE(address->shown(), std::string("redis://cache-7:7001"));
    const auto nameless = parseRedisAddress("redis://:secret@cache-7");
    QVERIFY(nameless.has_value());
    QVERIFY(nameless->user.empty());
    QCOMPARE(nameless->password, std::string("secret"));
}

void RedisTextsTest::wrongAddressesSayWhatToWrite_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<QString>("said");
    QTest::newRow("no scheme") << "cache-7:6379"
                               << "neither with unix://";
    QTest::newRow("relative path") << "unix://redis.sock"
                                   << "begins with /";
    QTest::newRow("long path") << "unix:///" + QString(120, 'x') << "at most 107 bytes";
    QTest::newRow("port") << "redis://cache-7:http"
                          << "port";
    QTest::newRow("large port") << "redis://cache-7:65536"
                                << "port";
    QTest::newRow("no port") << "redis://cache-7:"
                             << "port";
    QTest::newRow("database") << "redis://cache-7/main"
                              << "number of the database";
    QTest::newRow("no host") << "redis://:6379"
                             << "no host";
    QTest::newRow("credentials") << "redis://hunter2@cache-7"
                                 << "user:password";
    QTest::newRow("percent") << "redis://u:hunter2%zz@cache-7"
                             << "hexadecimal";
    QTest::newRow("bracket") << "redis://[::1:7001"
                             << "bracket";
}

void RedisTextsTest::wrongAddressesSayWhatToWrite()
{
    QFETCH(QString, address);
    QFETCH(QString, said);
    const auto parsed = parseRedisAddress(address.toStdString());
    QVERIFY(!parsed);
    QCOMPARE(int(parsed.error().code), int(ErrorCode::Configuration));
    const auto message = QString::fromStdString(parsed.error().message);
    QVERIFY2(message.contains(said), qPrintable(message));
    QVERIFY2(message.contains("redis://[user:password@]host"), qPrintable(message));
    QVERIFY2(!message.contains("hunter2"), qPrintable(message));
}

void RedisTextsTest::commandsInWireForm()
{
    std::string out = "before";
    appendRedisCommand(out, std::initializer_list<std::string_view>{"SET", "", "a\r\nb"});
    QCOMPARE(out, std::string("before*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\r\nb\r\n"));
    out.clear();
    const std::array<std::string_view, 1> first{"PING"};
    const std::vector<std::string> second{"x", "yz"};
    appendRedisCommand(out, first, second);
    appendRedisCommand(out, first);
    QCOMPARE(out, std::string("*3\r\n$4\r\nPING\r\n$1\r\nx\r\n$2\r\nyz\r\n*1\r\n$4\r\nPING\r\n"));
}

void RedisTextsTest::longArgumentsInWireForm()
{
    std::string out;
    const std::vector<std::string> arguments(12, std::string(1234, 'q'));
    appendRedisCommand(out, arguments);
    std::string expected = "*12\r\n";
    for (int i = 0; i < 12; ++i)
        expected += "$1234\r\n" + std::string(1234, 'q') + "\r\n";
    QCOMPARE(out, expected);
}

void RedisTextsTest::errorsHaveMeanings_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("code");
    QTest::addColumn<bool>("retryable");
    QTest::newRow("OOM") << "OOM command not allowed when used memory > 'maxmemory'."
                         << int(ErrorCode::Overloaded) << true;
    QTest::newRow("READONLY") << "READONLY You can't write against a read only replica."
                              << int(ErrorCode::Unavailable) << true;
    QTest::newRow("LOADING") << "LOADING Redis is loading the dataset in memory"
                             << int(ErrorCode::Unavailable) << true;
    QTest::newRow("NOAUTH") << "NOAUTH Authentication required." << int(ErrorCode::Unauthorized) << false;
    QTest::newRow("WRONGPASS") << "WRONGPASS invalid username-password pair" << int(ErrorCode::Unauthorized)
                               << false;
    QTest::newRow("NOPERM") << "NOPERM this user has no permissions" << int(ErrorCode::Unauthorized) << false;
    QTest::newRow("MISCONF") << "MISCONF Redis is configured to save RDB snapshots"
                             << int(ErrorCode::DiskFull) << true;
    QTest::newRow("MOVED") << "MOVED 3999 127.0.0.1:6381" << int(ErrorCode::StaleShardMap) << true;
    QTest::newRow("else") << "ERR unknown command" << int(ErrorCode::Internal) << false;
    QTest::newRow("prefix of a word") << "OOMPH" << int(ErrorCode::Internal) << false;
}

void RedisTextsTest::errorsHaveMeanings()
{
    QFETCH(QString, text);
    QFETCH(int, code);
    QFETCH(bool, retryable);
    const auto error = redisReplyError("redis-3 at unix:///r.sock", text.toStdString());
    QCOMPARE(int(error.code), code);
    QCOMPARE(error.retryable, retryable);
    QVERIFY(error.message.starts_with("redis-3 at unix:///r.sock"));
    QVERIFY(error.message.find(text.toStdString()) != std::string::npos);
    QVERIFY(error.message.find("): ") != std::string::npos); // what to do
}

void RedisTextsTest::scriptsKnowTheirSha1()
{
    QCOMPARE(RedisScript("abc").sha1(), std::string("a9993e364706816aba3e25717850c26c9cd0d89d")); // FIPS 180
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::RedisTextsTest)
#include "redis_texts_test.moc"
