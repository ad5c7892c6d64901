// Pictures of every page in both themes, and one clear sentence when they cannot be written.
#include <QDir>
#include <QFile>
#include <QImage>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "tests/ui/window_fixture.h"
#include "ui/screenshot_run.h"

using namespace std::chrono_literals;

namespace tests {

class ScreenshotTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void everyPageInBothThemes();
    void unwritableFolderIsOneError_data();
    void unwritableFolderIsOneError();
    void failedOpeningIsTheError();

private:
    QString settingsFile() const { return m_directory->filePath("rookery.ini"); }
    // 0 … 255
    static double meanBrightness(const QImage& picture)
    {
        const auto gray = picture.convertToFormat(QImage::Format_Grayscale8);
        double sum = 0;
        for (int y = 0; y < gray.height(); ++y)
            for (int x = 0; x < gray.width(); ++x)
                sum += gray.constScanLine(y)[x];
        return sum / (double(gray.width()) * gray.height());
    }

    std::unique_ptr<QTemporaryDir> m_directory;
};

void ScreenshotTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    QVERIFY(m_directory->isValid());
}

void ScreenshotTest::everyPageInBothThemes()
{
    const auto folder = m_directory->filePath("new/pictures"); // is made
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.show());
    fixture.window->resize(1200, 760);
    ui::ScreenshotRun run(*fixture.window, fixture.bridge, fixture.theme, folder, 50ms, nullptr);
    QSignalSpy finished(&run, &ui::ScreenshotRun::finished);
    fixture.window->openSession({});
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 90'000);
    QCOMPARE(finished.first().first().toString(), QString());
    QVERIFY(run.done());
    QStringList expected;
    for (const auto& id : fixture.window->pageIds()) {
        const QImage light(QDir(folder).filePath(id + "-light.png")),
            dark(QDir(folder).filePath(id + "-dark.png"));
        for (const auto* picture : {&light, &dark}) {
            QVERIFY2(!picture->isNull(), qPrintable(id));
            QCOMPARE(picture->size(), fixture.window->size() * fixture.window->devicePixelRatio());
        }
        QVERIFY2(meanBrightness(light) > meanBrightness(dark) + 100, qPrintable(id));
        expected << id + "-dark.png" << id + "-light.png";
    }
    expected.sort();
    QCOMPARE(QDir(folder).entryList(QDir::Files, QDir::Name), expected);
}

void ScreenshotTest::unwritableFolderIsOneError_data()
{
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("words");
    QTest::newRow("cannot be made") << "/proc/pictures"
                                    << "The folder /proc/pictures cannot be made.";
    QTest::newRow("cannot be written to") << "/proc"
                                          << "cannot be written.";
    QTest::newRow("is a file") << ""
                               << "cannot be made.";
}

void ScreenshotTest::unwritableFolderIsOneError()
{
    QFETCH(QString, folder);
    QFETCH(QString, words);
    if (folder.isEmpty()) {
        folder = m_directory->filePath("a file");
        QFile file(folder);
        QVERIFY(file.open(QIODevice::WriteOnly));
    }
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.show());
    ui::ScreenshotRun run(*fixture.window, fixture.bridge, fixture.theme, folder, 0ms, nullptr);
    QSignalSpy finished(&run, &ui::ScreenshotRun::finished);
    fixture.window->openSession({});
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 30'000);
    const auto error = finished.first().first().toString();
    QVERIFY2(error.contains(words), qPrintable(error));
    QVERIFY2(error.contains(folder), qPrintable(error));
    QVERIFY(fixture.waitForNews()); // more figures do not start it again
    QCOMPARE(finished.size(), 1);
    QVERIFY(!run.done());
}

void ScreenshotTest::failedOpeningIsTheError()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->openingFails =
        backend::Error{backend::ErrorCode::Unavailable, "pg-1 does not answer", true};
    QVERIFY(fixture.show());
    ui::ScreenshotRun run(*fixture.window, fixture.bridge, fixture.theme, m_directory->path(), 0ms, nullptr);
    QSignalSpy finished(&run, &ui::ScreenshotRun::finished);
    fixture.window->openSession({});
    QTRY_COMPARE(finished.size(), 1);
    QCOMPARE(finished.first().first().toString(), QString("pg-1 does not answer"));
    QVERIFY(QDir(m_directory->path()).entryList({"*.png"}).isEmpty());
}

} // namespace tests

QTEST_MAIN(tests::ScreenshotTest)
#include "screenshot_test.moc"
