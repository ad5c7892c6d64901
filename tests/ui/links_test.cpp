// Links in the whole window: copied from any page, opened by paste or from a field, refused with a reason.
#include <QAction>
#include <QClipboard>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QStatusBar>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "tests/ui/window_fixture.h"

namespace tests {

class LinksTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void copiesALinkToAnyPage();
    void pasteOpensALink();
    void aTextFieldKeepsItsPaste();
    void refusesWithAReason();
    void opensFromAField();
    void nothingToCopyBeforeASession();

private:
    QString settingsFile() const { return m_directory->filePath("rookery.ini"); }
    static void paste(WindowFixture& fixture, const QString& text)
    {
        QGuiApplication::clipboard()->setText(text);
        fixture.press(Qt::Key_V, Qt::ControlModifier);
    }
    static QString copied(WindowFixture& fixture)
    {
        QGuiApplication::clipboard()->clear();
        fixture.press(Qt::Key_L, Qt::ControlModifier);
        return QGuiApplication::clipboard()->text();
    }

    std::unique_ptr<QTemporaryDir> m_directory;
};

void LinksTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    QVERIFY(m_directory->isValid());
}

void LinksTest::copiesALinkToAnyPage()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    for (const auto& page : fixture.window->pageIds()) {
        fixture.window->showPage(page);
        QVERIFY2(copied(fixture).startsWith("rookery://fake/" + page), qPrintable(copied(fixture)));
    }
    QVERIFY(fixture.window->statusBar()->currentMessage().contains("rookery://fake/"));
    fixture.window->showPage("shards", "shard 17");
    QTRY_COMPARE(copied(fixture), QString("rookery://fake/shards/17"));
    fixture.window->showPage("queue", "dead");
    QCOMPARE(copied(fixture), QString("rookery://fake/queue/dead"));
    fixture.window->showPage("cache", "redis-3");
    QCOMPARE(copied(fixture), QString("rookery://fake/cache/redis-3"));
    // With what they are of: what a page understands, it also tells.
    for (const char* link : {"cache/keys", "nodes/redis-4", "capacity/redis-5", "events/redis-6"}) {
        paste(fixture, QString("rookery://fake/") + link);
        QTRY_COMPARE(copied(fixture), QString("rookery://fake/") + link);
    }
}

void LinksTest::pasteOpensALink()
{
    WindowFixture fixture(settingsFile());
    fixture.engine().addUser({{5'000'001}, "ada", "Ada", {}}, {1, 2, 3});
    QVERIFY(fixture.showOpen());
    paste(fixture, "rookery://fake/shards/17");
    QTRY_COMPARE(fixture.window->currentPageId(), QString("shards"));
    QTRY_COMPARE(copied(fixture), QString("rookery://fake/shards/17"));
    paste(fixture, " rookery://fake/queue/dead\n");
    QTRY_COMPARE(fixture.window->currentPageId(), QString("queue"));
    QTRY_COMPARE(copied(fixture), QString("rookery://fake/queue/dead"));
    paste(fixture, "rookery://fake/timeline/@ada/followers");
    QTRY_VERIFY(fixture.find<QLabel>("profileName") &&
                fixture.find<QLabel>("profileName")->text().contains("@ada"));
    QTRY_COMPARE(fixture.find<QTabWidget>("userTabs")->currentIndex(), 2);
    QVERIFY(!fixture.find<QDialog>("linkDialog"));
}

void LinksTest::aTextFieldKeepsItsPaste()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    fixture.window->showPage("timeline");
    fixture.press(Qt::Key_F, Qt::ControlModifier);
    auto* search = fixture.find<QLineEdit>("userSearch");
    QTRY_VERIFY(search->hasFocus());
    paste(fixture, "rookery://fake/shards/17");
    QTRY_COMPARE(search->text(), QString("rookery://fake/shards/17"));
    QCOMPARE(fixture.window->currentPageId(), QString("timeline"));
}

void LinksTest::refusesWithAReason()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    const std::vector<std::pair<QString, QString>> refused{
        {"rookery://feed-eu/shards/17", "of the cluster “feed-eu”; this window shows “fake”"},
        {"hello world", "A link looks like rookery://"},
        {"rookery://fake/nowhere", "There is no page “nowhere”"},
    };
    for (const auto& [link, why] : refused) {
        paste(fixture, link);
        QTRY_VERIFY(fixture.find<QDialog>("linkDialog"));
        auto* dialog = fixture.find<QDialog>("linkDialog");
        const auto said = dialog->findChild<QLabel*>("linkProblem")->text();
        QVERIFY2(said.contains(why), qPrintable(said));
        QCOMPARE(dialog->findChild<QLineEdit*>("linkField")->text(), link);
        dialog->reject();
        QTRY_VERIFY(!fixture.find<QDialog>("linkDialog"));
        QVERIFY(fixture.show()); // active again
        QCOMPARE(fixture.window->currentPageId(), QString("overview"));
    }
}

void LinksTest::opensFromAField()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    QGuiApplication::clipboard()->setText("nothing of ours");
    auto* menu = fixture.find<QToolButton>("linkMenu")->menu();
    menu->findChild<QAction*>("openLink")->trigger();
    auto* dialog = fixture.find<QDialog>("linkDialog");
    QTRY_VERIFY(dialog->isVisible());
    auto* field = dialog->findChild<QLineEdit*>("linkField");
    QVERIFY(field->text().isEmpty());
    field->setText("rookery://");
    QTest::mouseClick(dialog->findChild<QPushButton*>("linkOpen"), Qt::LeftButton);
    QVERIFY(dialog->isVisible());
    QVERIFY(dialog->findChild<QLabel*>("linkProblem")->isVisible());
    field->setText("rookery://fake/cache/redis-3");
    QTest::keyClick(field, Qt::Key_Return);
    QTRY_COMPARE(fixture.window->currentPageId(), QString("cache"));
    menu->findChild<QAction*>("copyLink")->trigger();
    QCOMPARE(QGuiApplication::clipboard()->text(), QString("rookery://fake/cache/redis-3"));
}

void LinksTest::nothingToCopyBeforeASession()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.show());
    QVERIFY(copied(fixture).isEmpty());
    paste(fixture, "rookery://demo/timeline/@ada");
    QTRY_VERIFY(fixture.find<QDialog>("linkDialog"));
    QVERIFY(fixture.find<QLabel>("linkProblem")->text().contains("Not connected"));
}

} // namespace tests

QTEST_MAIN(tests::LinksTest)
#include "links_test.moc"
