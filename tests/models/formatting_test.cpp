// Times as they are set in tiles and as they stand in sentences: the same time in the same parts.
#include <QTest>

#include "ui/widgets/formatting.h"

#include <limits>

namespace tests {

class FormattingTest : public QObject
{
    Q_OBJECT

private slots:
    void durations_data();
    void durations();
};

void FormattingTest::durations_data()
{
    QTest::addColumn<double>("seconds");
    QTest::addColumn<QString>("figure");
    QTest::addColumn<QString>("words");
    const auto row = [](double seconds, const char* figure, const char* words) {
        QTest::addRow("%g s", seconds) << seconds << QString::fromUtf8(figure) << QString::fromUtf8(words);
    };
    row(0, "0 s", "0 s");
    row(0.0004, "0.4 ms", "0.4 ms");
    row(0.12, "120 ms", "120 ms");
    row(2.5, "2.5 s", "2.5 s");
    row(59.4, "59.4 s", "59.4 s");
    row(59.6, "1:00 min", "1 min");
    row(75, "1:15 min", "1 min 15 s");
    row(124, "2:04 min", "2 min 4 s");
    row(3'599, "59:59 min", "59 min 59 s");
    row(3'599.6, "1:00 h", "1 h");
    row(3'900, "1:05 h", "1 h 5 min");
    row(129'600, "1.5 d", "1 d 12 h");
    row(-1, "–", "–");
    row(std::numeric_limits<double>::quiet_NaN(), "–", "–");
}

void FormattingTest::durations()
{
    QFETCH(double, seconds);
    QFETCH(QString, figure);
    QFETCH(QString, words);
    const auto [number, unit] = ui::durationFigure(seconds);
    QCOMPARE(unit.isEmpty() ? number : number + u' ' + unit, figure);
    QCOMPARE(ui::formatDuration(seconds), words);
}

} // namespace tests

QTEST_MAIN(tests::FormattingTest)
#include "formatting_test.moc"
