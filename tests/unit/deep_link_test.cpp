// Links to what the desktop shows: written and read back, and refused with what a link looks like.
#include <QTest>

#include "ui/bridge/deep_link.h"

namespace tests {

class DeepLinkTest : public QObject
{
    Q_OBJECT

private slots:
    void reads_data();
    void reads();
    void comesBackAsItWas_data();
    void comesBackAsItWas();
    void refuses_data();
    void refuses();
    void saysWhyItCannotBeOpenedHere();
};

void DeepLinkTest::reads_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("cluster");
    QTest::addColumn<QString>("page");
    QTest::addColumn<QString>("argument");
    QTest::newRow("user") << "rookery://demo/timeline/@ada"
                          << "demo"
                          << "timeline"
                          << "@ada";
    QTest::newRow("post") << "rookery://demo/timeline/@ada/post/123"
                          << "demo"
                          << "timeline"
                          << "@ada/post/123";
    QTest::newRow("shard") << "rookery://feed-eu/shards/17"
                           << "feed-eu"
                           << "shards"
                           << "17";
    QTest::newRow("page alone") << "rookery://demo/queue"
                                << "demo"
                                << "queue"
                                << "";
    QTest::newRow("slash at the end") << "rookery://demo/queue/"
                                      << "demo"
                                      << "queue"
                                      << "";
    QTest::newRow("white space around") << "  rookery://demo/cache/redis-3\n"
                                        << "demo"
                                        << "cache"
                                        << "redis-3";
    QTest::newRow("scheme in capitals") << "ROOKERY://demo/cache"
                                        << "demo"
                                        << "cache"
                                        << "";
    QTest::newRow("encoded") << "rookery://my%20cluster/timeline/%40ada"
                             << "my cluster"
                             << "timeline"
                             << "@ada";
    QTest::newRow("encoded slash") << "rookery://a%2Fb/overview"
                                   << "a/b"
                                   << "overview"
                                   << "";
}

void DeepLinkTest::reads()
{
    QFETCH(QString, text);
    QFETCH(QString, cluster);
    QFETCH(QString, page);
    QFETCH(QString, argument);
    const auto [link, problem] = ui::parseLink(text);
    QVERIFY2(link, qPrintable(problem));
    QCOMPARE(link->cluster, cluster);
    QCOMPARE(link->page, page);
    QCOMPARE(link->argument, argument);
    QVERIFY(problem.isEmpty());
}

void DeepLinkTest::comesBackAsItWas_data()
{
    QTest::addColumn<QString>("cluster");
    QTest::addColumn<QString>("argument");
    QTest::newRow("plain") << "demo"
                           << "@ada/post/123";
    QTest::newRow("nothing") << "demo"
                             << "";
    QTest::newRow("spaces and signs") << "a b/c%d?e#f"
                                      << "x y%20z?=&#";
    QTest::newRow("other letters") << QString::fromUtf8("Müll") << QString::fromUtf8("größe/日本");
}

void DeepLinkTest::comesBackAsItWas()
{
    QFETCH(QString, cluster);
    QFETCH(QString, argument);
    const ui::DeepLink link{cluster, "timeline", argument};
    const auto text = ui::linkText(link);
    for (const auto each : text)
        QVERIFY2(each.unicode() > ' ' && each.unicode() < 127, qPrintable(text));
    const auto [back, problem] = ui::parseLink(text);
    QVERIFY2(back && *back == link, qPrintable(text + problem));
}

void DeepLinkTest::refuses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("why");
    QTest::newRow("nothing") << ""
                             << "no link";
    QTest::newRow("a word") << "hello"
                            << "not a Rookery link";
    QTest::newRow("another scheme") << "https://demo/timeline"
                                    << "not a Rookery link";
    QTest::newRow("no cluster") << "rookery:///timeline"
                                << "no cluster";
    QTest::newRow("no page") << "rookery://demo"
                             << "no page";
    QTest::newRow("no page either") << "rookery://demo/"
                                    << "no page";
    QTest::newRow("spaces") << "rookery://demo/timeline/@ada and more"
                            << "spaces";
    QTest::newRow("two lines") << "rookery://demo/timeline\nrookery://demo/queue"
                               << "spaces";
    QTest::newRow("damaged") << "rookery://demo/timeline/%4"
                             << "damaged";
    QTest::newRow("damaged, too") << "rookery://demo/timeline/%zz"
                                  << "damaged";
    QTest::newRow("control character") << "rookery://demo/timeline/%00"
                                       << "damaged";
    QTest::newRow("far too long") << "rookery://demo/timeline/" + QString(5'000, 'x') << "too long";
}

void DeepLinkTest::refuses()
{
    QFETCH(QString, text);
    QFETCH(QString, why);
    const auto [link, problem] = ui::parseLink(text);
    QVERIFY(!link);
    QVERIFY2(problem.contains(why), qPrintable(problem));
    QVERIFY2(problem.contains(ui::exampleLink()), qPrintable(problem));
}

void DeepLinkTest::saysWhyItCannotBeOpenedHere()
{
    const QStringList pages{"overview", "timeline"};
    QVERIFY(ui::linkProblem({"demo", "timeline", "@ada"}, "demo", pages).isEmpty());
    const auto other = ui::linkProblem({"feed-eu", "timeline", {}}, "demo", pages);
    QVERIFY2(other.contains("feed-eu") && other.contains("demo") && other.count('.') == 1, qPrintable(other));
    QVERIFY(ui::linkProblem({"feed-eu", "timeline", {}}, {}, pages).contains("Not connected"));
    const auto page = ui::linkProblem({"demo", "nowhere", {}}, "demo", pages);
    QVERIFY2(page.contains("nowhere") && page.contains("overview"), qPrintable(page));
}

} // namespace tests

QTEST_APPLESS_MAIN(tests::DeepLinkTest)
#include "deep_link_test.moc"
