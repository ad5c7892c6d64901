// Messages of nodes in trouble, cut down to what is the matter.
#include <QTest>

#include "ui/widgets/trouble_text.h"

namespace tests {

class TroubleTextTest : public QObject
{
    Q_OBJECT

private slots:
    void reasonComesFirst_data();
    void reasonComesFirst();
};

void TroubleTextTest::reasonComesFirst_data()
{
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("node");
    QTest::addColumn<QString>("withoutAddresses");
    QTest::addColumn<QString>("reason");
    QTest::newRow("PostgreSQL, address in the error")
        << "pg-1 has not answered for 4 s: pg-1 (host=/run/x port=5432 user=u) did not accept a connection "
           "in time; "
           "it is stopped. Start it."
        << "pg-1"
        << "pg-1 has not answered for 4 s: did not accept a connection in time; it is stopped. Start it."
        << "did not accept a connection in time; it is stopped. Start it.";
    QTest::newRow("PostgreSQL, address before it")
        << "pg-1 (host=/run/x) has not answered for 12 s: connection refused. Start it."
        << "pg-1"
        << "pg-1 has not answered for 12 s: connection refused. Start it."
        << "connection refused. Start it.";
    QTest::newRow("Redis") << "Lost: redis-3 has not answered for 3 s: redis-3 at unix:///run/redis-3.sock: "
                              "Connection refused. Start it."
                           << "redis-3"
                           << "Lost: redis-3 has not answered for 3 s: Connection refused. Start it."
                           << "Lost: redis-3 has not answered for 3 s: Connection refused. Start it.";
    QTest::newRow("Redis by TCP") << "redis-3 missed a probe: redis-3 at redis://h:6379: closed."
                                  << "redis-3"
                                  << "redis-3 missed a probe: closed."
                                  << "closed.";
    QTest::newRow("never answered") << "pg-2 (host=a) has not answered yet. Start it."
                                    << "pg-2"
                                    << "pg-2 has not answered yet. Start it."
                                    << "has not answered yet. Start it.";
    QTest::newRow("another node's") << "redis-10 at unix:///a: refused"
                                    << "redis-1"
                                    << "redis-10 at unix:///a: refused"
                                    << "redis-10 at unix:///a: refused";
    QTest::newRow("nothing to cut") << "Workers set from 2 to 4"
                                    << ""
                                    << "Workers set from 2 to 4"
                                    << "Workers set from 2 to 4";
}

void TroubleTextTest::reasonComesFirst()
{
    QFETCH(QString, message);
    QFETCH(QString, node);
    QTEST(ui::withoutAddresses(message, node), "withoutAddresses");
    QTEST(ui::reasonFirst(message, node), "reason");
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::TroubleTextTest)
#include "trouble_text_test.moc"
