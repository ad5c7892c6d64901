// rookery: the desktop program. Composition only: reads the command line, builds the parts, connects them.
#include "app/desktop/desktop_options.h"
#include "app/desktop/report_export.h"
#include "app/desktop/stop_signals.h"
#include "ui/bridge/time_range.h"
#include "ui/main_window.h"
#include "ui/screenshot_run.h"
#include "ui/theme/theme_setting.h"

#include <QApplication>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace {

void tell(const QString& sentence)
{
    std::fprintf(stderr, "rookery: %s\n", qPrintable(sentence));
}

// While the application is made: Qt would end the program with an abort and words that help nobody.
void answerWithoutDisplay(QtMsgType type, const QMessageLogContext&, const QString& message)
{
    static QString before; // its warnings say which part is missing
    if (type == QtFatalMsg) {
        tell(QStringLiteral("there is no display to open the window on; \"rookeryctl demo\" runs the backend "
                            "without one (%1)")
                 .arg(before.isEmpty() ? message.simplified() : before.simplified()));
        std::_Exit(1);
    }
    before += message + QLatin1Char(' ');
}

// Pictures, reports and help need no display.
void chooseOffscreen(int argc, char** argv)
{
    const auto asked = [&](const char* option) {
        return std::any_of(argv + 1, argv + argc,
                           [&](const char* a) { return QByteArrayView(a).startsWith(option); });
    };
    const bool display = qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY");
    const bool chosen = qEnvironmentVariableIsSet("QT_QPA_PLATFORM");
    const bool idle =
        asked("--screenshot") || asked("--help") || asked("-h") || asked("--version") || asked("-v");
    if (chosen || !(asked("--export-report") || (idle && !display))) return;
    qputenv("QT_QPA_PLATFORM", "offscreen");
}

ui::OpenerFactory openerFactory(const app::DesktopOptions& options)
{
    auto session = options.session;
    if (const auto folder = QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation);
        !folder.isEmpty())
        session.historyFolder = std::filesystem::path(folder.toStdString()) / "history";
    return [session](const ui::SessionChoice& choice) {
        auto wanted = session;
        wanted.kind = choice.kind == ui::SessionChoice::Kind::Connect ? app::SessionOptions::Kind::Connect
                                                                      : app::SessionOptions::Kind::Demo;
        wanted.configFile = choice.configFile.toStdString();
        return app::makeSessionOpener(wanted);
    };
}

// Tells the outcome and ends the program with it.
auto ending(const char* what)
{
    return [what](const QString& error) {
        if (!error.isEmpty()) tell(QStringLiteral("%1: %2").arg(QLatin1StringView(what), error));
        QCoreApplication::exit(error.isEmpty() ? 0 : 1);
    };
}

int exportReport(const app::DesktopOptions& options)
{
    ui::EngineBridge bridge;
    app::ReportExport report(bridge, options.reportFile, nullptr);
    QObject::connect(&report, &app::ReportExport::finished, &report, ending("the report was not written"));
    bridge.open(app::makeSessionOpener(options.session));
    return QApplication::exec();
}

// A person's settings, or a fresh file when nobody is there.
std::unique_ptr<QSettings> settingsFor(const app::DesktopOptions& options, const QTemporaryDir& scratch)
{
    return options.unattended() ? std::make_unique<QSettings>(scratch.filePath(QStringLiteral("rookery.ini")),
                                                              QSettings::IniFormat)
                                : std::make_unique<QSettings>();
}

int runWindow(const app::DesktopOptions& options)
{
    const QTemporaryDir scratch;
    const auto settings = settingsFor(options, scratch);
    ui::Theme theme(options.theme.value_or(ui::savedThemeMode(*settings)));
    ui::EngineBridge bridge;
    ui::TimeRange range;
    ui::MainWindow window({theme, bridge, range}, *settings, openerFactory(options));
    if (options.sizeGiven || options.unattended()) window.resize(options.size);
    window.show();
    std::unique_ptr<ui::ScreenshotRun> pictures;
    if (!options.screenshotDirectory.isEmpty()) {
        range.setWindow(std::chrono::minutes(1)); // a young cluster's charts are full sooner
        pictures = std::make_unique<ui::ScreenshotRun>(window, bridge, theme, options.screenshotDirectory,
                                                       options.gather, nullptr);
        QObject::connect(pictures.get(), &ui::ScreenshotRun::finished, &window,
                         [&options](const QString& error) {
                             // With --exit-after the window stays until then; without, the pictures were all
                             // that was wanted.
                             if (!error.isEmpty() || !options.exitAfter) ending("no pictures")(error);
                         });
    }
    if (options.exitAfter)
        QTimer::singleShot(*options.exitAfter, &window, [&pictures] {
            const bool early = pictures && !pictures->done();
            ending("not all pictures were taken")(
                early ? QStringLiteral("the time of --exit-after was too short") : QString());
        });
    if (options.opens)
        window.openSession(
            {options.connectFile.isEmpty() ? ui::SessionChoice::Kind::Demo : ui::SessionChoice::Kind::Connect,
             options.connectFile});
    const int outcome = QApplication::exec();
    window.close();
    return outcome;
}

} // namespace

int main(int argc, char** argv)
{
    chooseOffscreen(argc, argv);
    qInstallMessageHandler(answerWithoutDisplay);
    QApplication application(argc, argv);
    qInstallMessageHandler(nullptr);
    QApplication::setOrganizationName(QStringLiteral("rookery"));
    QApplication::setApplicationName(QStringLiteral("rookery"));
    QApplication::setApplicationVersion(QStringLiteral("0.1.0"));
    app::StopSignals stop;
    QObject::connect(&stop, &app::StopSignals::came, &application, [] { QCoreApplication::quit(); });
    const auto options = app::parseDesktopOptions(QApplication::arguments());
    if (!options) {
        tell(QString::fromStdString(options.error().message));
        return 2;
    }
    const int outcome = options->reportFile.isEmpty() ? runWindow(*options) : exportReport(*options);
    if (ui::EngineBridge::leftBehind()) { // a thread that hangs in the engine may still use what exit() ends
        std::fflush(nullptr);
        std::_Exit(outcome);
    }
    return outcome;
}
