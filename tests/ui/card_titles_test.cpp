// Every card of every page says its title whole in the usual window, whatever part of the time is shown: what
// stands beside it gives way.
#include <QTabWidget>
#include <QTest>

#include "tests/ui/window_fixture.h"
#include "ui/theme/theme.h"
#include "ui/widgets/card.h"
#include "ui/widgets/time_chart.h"

#include <QLabel>
#include <QTemporaryDir>

using namespace std::chrono_literals;

namespace tests {

class CardTitlesTest : public QObject
{
    Q_OBJECT

private slots:
    void noTitleIsElided_data();
    void noTitleIsElided();
    void theSubtitleGivesWay();

private:
    // Of the cards that are seen: those whose title is cut.
    static QStringList elided(const QWidget& window)
    {
        QStringList out;
        for (const auto* card : window.findChildren<ui::Card*>())
            if (card->isVisible() && !card->title().isEmpty() && !card->titleFits()) out << card->title();
        return out;
    }
    // Of the page that is shown, on every tab.
    static QStringList elidedOnAnyTab(const QWidget& window)
    {
        auto out = elided(window);
        for (auto* tabs : window.findChildren<QTabWidget*>()) {
            const int before = tabs->currentIndex();
            for (int i = 0; tabs->isVisible() && i < tabs->count(); ++i) {
                tabs->setCurrentIndex(i);
                QCoreApplication::processEvents();
                out += elided(window);
            }
            tabs->setCurrentIndex(before);
        }
        return out;
    }
};

void CardTitlesTest::noTitleIsElided_data()
{
    QTest::addColumn<QString>("shown");
    for (const auto window : ui::TimeRange::kWindows) {
        const auto name = QStringLiteral("window%1").arg(window.count());
        QTest::newRow(qPrintable(name)) << name;
    }
    QTest::newRow("chosen") << "chosen";
    QTest::newRow("pinned") << "pinned";
}

void CardTitlesTest::noTitleIsElided()
{
    QFETCH(QString, shown);
    QTemporaryDir dir;
    WindowFixture fixture(dir.filePath("settings.ini"));
    backend::HistoryRange kept; // so that every window can be chosen
    kept.step = 3'600s;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    for (int hour = 48; hour > 0; --hour)
        kept.mean.push_back(fakeHistory(now - std::chrono::hours(hour), 1).front());
    fixture.engine().setKept(kept);
    fixture.engine().setHistory(fakeHistory(now, 1'800));
    QVERIFY(fixture.showOpen());
    fixture.window->resize(1280, 800);
    if (shown.startsWith("window")) {
        auto* button = fixture.find<QAbstractButton>(qPrintable(shown));
        QTRY_VERIFY(button->isEnabled());
        fixture.click(qPrintable(shown));
    } else {
        fixture.range.choose(now - 20min, now - 10min);
        if (shown == "pinned") fixture.range.pin(now - 15min);
    }
    int cards = 0;
    for (const auto& page : fixture.window->pageIds()) {
        fixture.window->showPage(page);
        QTest::qWait(60); // a few snapshots
        const auto cut = elidedOnAnyTab(*fixture.window);
        QVERIFY2(cut.isEmpty(), qPrintable(page + ": " + cut.join(", ")));
        for (const auto* card : fixture.window->findChildren<ui::Card*>())
            cards += card->isVisible();
    }
    QVERIFY(cards > 20);
}

void CardTitlesTest::theSubtitleGivesWay()
{
    ui::Theme theme{ui::ThemeMode::Light};
    ui::Card card(theme, "Commit to delivery", nullptr);
    card.setSubtitle("last 5 min · UTC", ui::Tone::Muted, {"5 min · UTC", "5 min"});
    const auto* subtitle = card.findChild<QLabel*>("cardSubtitle");
    const auto at = [&](int width) {
        card.resize(width, 60);
        QCoreApplication::processEvents();
        return card.shownSubtitle();
    };
    card.show();
    QCOMPARE(at(400), QString("last 5 min · UTC"));
    QCOMPARE(subtitle->toolTip(), QString());
    const int whole = card.minimumSizeHint().width();
    QString last = at(400);
    QStringList forms{last};
    for (int width = 400; width > whole + 20; --width) {
        const auto now = at(width);
        if (now != last) forms << now;
        last = now;
        if (!card.titleFits()) break;
        QCOMPARE(subtitle->text(), QString("last 5 min · UTC"));
    }
    QVERIFY2(forms.mid(0, 3) == QStringList({"last 5 min · UTC", "5 min · UTC", "5 min"}),
             qPrintable(forms.join(", ")));
    QCOMPARE(subtitle->toolTip(), QString("last 5 min · UTC"));
    // The title is the last to be cut, when nothing is beside it any more.
    QVERIFY(forms.back().isEmpty() || forms.back() == QStringLiteral("…"));
}

} // namespace tests

QTEST_MAIN(tests::CardTitlesTest)
#include "card_titles_test.moc"
