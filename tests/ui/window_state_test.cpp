// What one window leaves in the settings, the next one shows: geometry, page, splitters, columns, time
// window, theme.
#include <QAbstractButton>
#include <QHeaderView>
#include <QMenu>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include "tests/ui/window_fixture.h"

namespace tests {

class WindowStateTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void firstStart();
    void geometryPageAndTimeWindow();
    void splitters_data();
    void splitters();
    void columnWidths_data();
    void columnWidths();
    void stateOutlivesASession();
    void theme();
    void switchesTheTheme();
    void strangeSettingsDoNoHarm();

private:
    QString settingsFile() const { return m_directory->filePath("rookery.ini"); }
    static QHeaderView* columnsOf(QWidget* view)
    {
        if (auto* table = qobject_cast<QTableView*>(view)) return table->horizontalHeader();
        auto* tree = qobject_cast<QTreeView*>(view);
        return tree ? tree->header() : nullptr;
    }
    // As a hand does it.
    static void drag(QWidget* on, QPoint from, QPoint by)
    {
        QTest::mousePress(on, Qt::LeftButton, {}, from);
        for (int step = 1; step <= 4; ++step)
            QTest::mouseMove(on, from + by * step / 4);
        QTest::mouseRelease(on, Qt::LeftButton, {}, from + by);
    }

    std::unique_ptr<QTemporaryDir> m_directory;
};

void WindowStateTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    QVERIFY(m_directory->isValid());
}

void WindowStateTest::firstStart()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    QCOMPARE(fixture.window->size(), QSize(1280, 800));
    QCOMPARE(fixture.window->currentPageId(), QString("overview"));
    QCOMPARE(int(fixture.range.window().count()), 5);
    QCOMPARE(fixture.theme.mode(), ui::ThemeMode::System);
}

void WindowStateTest::geometryPageAndTimeWindow()
{
    QSize size;
    {
        WindowFixture fixture(settingsFile());
        QVERIFY(fixture.showOpen());
        fixture.window->resize(1100, 700);
        QTRY_COMPARE(fixture.window->size(), QSize(1100, 700));
        size = fixture.window->size();
        fixture.click("cacheEntry");
        fixture.click("window15");
        fixture.window->close();
    }
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    QCOMPARE(fixture.window->size(), size);
    QCOMPARE(fixture.window->currentPageId(), QString("cache"));
    QVERIFY(fixture.find<QWidget>("cachePage")->isVisible());
    QVERIFY(fixture.find<QAbstractButton>("cacheEntry")->isChecked());
    QCOMPARE(int(fixture.range.window().count()), 15);
    QVERIFY(fixture.find<QAbstractButton>("window15")->isChecked());
}

void WindowStateTest::splitters_data()
{
    QTest::addColumn<QString>("page");
    QTest::addColumn<QString>("splitter");
    const auto row = [](const char* name, const char* page, const char* splitter) {
        QTest::newRow(name) << page << splitter;
    };
    row("shards", "shards", "shardsSplitter");
    row("shards, pictures", "shards", "shardPicturesSplitter");
    row("queue", "queue", "queueSplitter");
    row("queue, upper", "queue", "queueUpperSplitter");
    row("cache", "cache", "cacheSplitter");
    row("cache, upper", "cache", "cacheUpperSplitter");
    row("nodes", "nodes", "nodesSplitter");
    row("nodes, lower", "nodes", "nodesLowerSplitter");
    row("timeline", "timeline", "timelineSplitter");
}

void WindowStateTest::splitters()
{
    QFETCH(QString, page);
    QFETCH(QString, splitter);
    QList<int> sizes;
    for (const bool second : {false, true}) {
        WindowFixture fixture(settingsFile());
        QVERIFY(fixture.showOpen());
        fixture.window->showPage(page);
        auto* found = fixture.find<QSplitter>(qPrintable(splitter));
        QVERIFY(found);
        // The timeline browser shows its columns once a user is chosen; their sizes are kept all the same.
        if (!found->isVisible()) {
            if (!second) found->setSizes({500, 200, 300});
        } else {
            QTRY_VERIFY(found->sizes().first() > 0);
            if (!second) {
                const auto before = found->sizes();
                auto* handle = found->handle(1);
                const int far = found->orientation() == Qt::Horizontal ? handle->x() : handle->y();
                const QPoint by =
                    found->orientation() == Qt::Horizontal ? QPoint(-far / 10, 0) : QPoint(0, -far / 10);
                drag(handle, handle->rect().center(), by);
                QVERIFY(found->sizes() != before);
            }
        }
        if (second)
            QTRY_COMPARE(found->sizes(), sizes);
        else
            sizes = found->sizes();
        fixture.window->close();
    }
}

void WindowStateTest::columnWidths_data()
{
    QTest::addColumn<QString>("page");
    QTest::addColumn<QString>("table");
    const auto row = [](const char* page, const char* table) { QTest::newRow(page) << page << table; };
    row("shards", "shardTable");
    row("cache", "redisNodes");
    row("nodes", "nodeList");
    row("queue", "workerTree");
}

void WindowStateTest::columnWidths()
{
    QFETCH(QString, page);
    QFETCH(QString, table);
    int width = 0;
    for (const bool second : {false, true}) {
        WindowFixture fixture(settingsFile());
        QVERIFY(fixture.showOpen());
        fixture.window->showPage(page);
        if (page == "queue") fixture.find<QTabWidget>("queueTabs")->setCurrentIndex(1);
        auto* header = columnsOf(fixture.find<QWidget>(qPrintable(table)));
        QVERIFY(header);
        QTRY_VERIFY(header->isVisible() && header->sectionSize(1) > 0);
        if (!second) {
            QVERIFY(fixture.waitForNews());
            const int before = header->sectionSize(1);
            const QPoint border(header->sectionViewportPosition(1) + before - 1, header->height() / 2);
            QTest::mouseMove(header->viewport(), border - QPoint(1, 0));
            drag(header->viewport(), border, {37, 0});
            width = header->sectionSize(1); // the fit to the contents may have moved the border by pixels
            QVERIFY2(width > before + 20, qPrintable(QString("%1, was %2").arg(width).arg(before)));
        }
        // A width that a person chose stays, whatever figures come.
        QVERIFY(fixture.waitForNews());
        QCOMPARE(header->sectionSize(1), width);
        fixture.window->close();
    }
}

void WindowStateTest::stateOutlivesASession()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    fixture.window->showPage("queue");
    auto* splitter = fixture.find<QSplitter>("queueSplitter");
    QTRY_VERIFY(splitter->isVisible() && splitter->sizes().first() > 0);
    drag(splitter->handle(1), splitter->handle(1)->rect().center(), {0, -30});
    const auto sizes = splitter->sizes();
    fixture.click("closeSession");
    fixture.click("startDemo");
    QTRY_VERIFY(fixture.bridge.snapshot());
    QCOMPARE(fixture.window->currentPageId(), QString("queue"));
    splitter = fixture.find<QSplitter>("queueSplitter");
    QVERIFY(splitter);
    QTRY_COMPARE(splitter->sizes(), sizes);
}

void WindowStateTest::theme()
{
    for (const auto mode : {ui::ThemeMode::Dark, ui::ThemeMode::Light, ui::ThemeMode::System}) {
        {
            WindowFixture fixture(settingsFile());
            QVERIFY(fixture.show());
            fixture.theme.setMode(mode);
            fixture.window->close();
        }
        WindowFixture fixture(settingsFile());
        QCOMPARE(fixture.theme.mode(), mode);
        if (mode != ui::ThemeMode::System) QCOMPARE(fixture.theme.dark(), mode == ui::ThemeMode::Dark);
    }
}

void WindowStateTest::switchesTheTheme()
{
    WindowFixture fixture(settingsFile());
    fixture.theme.setMode(ui::ThemeMode::Light);
    QVERIFY(fixture.showOpen());
    const auto ground = [&] {
        return fixture.window->grab().toImage().pixelColor(fixture.window->width() - 2, 300);
    };
    QTRY_COMPARE(ground(), fixture.theme.window());
    const auto light = ground();
    auto* button = fixture.find<QToolButton>("themeButton");
    QVERIFY(button->menu());
    const auto choose = [&](ui::ThemeMode mode) {
        for (auto* action : button->menu()->actions())
            if (action->data().toInt() == int(mode)) action->trigger();
    };
    choose(ui::ThemeMode::Dark);
    QVERIFY(fixture.theme.dark());
    QVERIFY(button->toolTip().contains("Dark"));
    QTRY_COMPARE(ground(), fixture.theme.window());
    QVERIFY(ground().lightness() < light.lightness());
    choose(ui::ThemeMode::Light);
    QTRY_COMPARE(ground(), light);
}

void WindowStateTest::strangeSettingsDoNoHarm()
{
    {
        QSettings settings(settingsFile(), QSettings::IniFormat);
        settings.setValue("window/geometry", QByteArray("nonsense"));
        settings.setValue("window/page", "no such page");
        settings.setValue("window/minutes", 7);
        settings.setValue("window/theme", "purple");
        settings.setValue("start/recent", 12);
        settings.setValue("pages/shards/splitter", "nonsense");
        settings.setValue("pages/shards/metric", 99);
        settings.setValue("pages/shards/columns", QByteArray("cnonsense"));
        settings.setValue("pages/queue/tab", -5);
    }
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    QCOMPARE(fixture.window->currentPageId(), QString("overview"));
    QCOMPARE(int(fixture.range.window().count()), 5);
    QCOMPARE(fixture.theme.mode(), ui::ThemeMode::System);
    for (const auto& id : fixture.window->pageIds()) {
        fixture.window->showPage(id);
        QVERIFY(fixture.find<QWidget>(qPrintable(id + "Page"))->isVisible());
    }
    QVERIFY(fixture.waitForNews());
}

} // namespace tests

QTEST_MAIN(tests::WindowStateTest)
#include "window_state_test.moc"
