#include "app/desktop/desktop_options.h"

#include <QCommandLineParser>
#include <QFileInfo>
#include <QRegularExpression>

#include <cmath>

namespace app {
namespace {

using backend::ErrorCode;
using backend::Result;

struct Options
{
    QCommandLineOption demo{"demo", "Start a private backend on this machine."};
    QCommandLineOption connect{"connect", "Connect to the cluster of this cluster.toml.", "FILE"};
    QCommandLineOption data{"data", "Demo: keep its servers in this directory.", "DIR"};
    QCommandLineOption noWorkload{"no-workload", "Demo: an empty cluster, without the synthetic crowd."};
    QCommandLineOption replay{"replay", "Demo: import this activity log and replay it.", "FILE"};
    QCommandLineOption speed{
        "speed", "Replay this many times as fast as it happened, or max (60: an hour a minute).", "N", "60"};
    QCommandLineOption keepTimes{"keep-times", "Replay: leave the log's times as they are."};
    QCommandLineOption readOnly{"read-only", "Refuse every change."};
    QCommandLineOption theme{"theme", "light, dark or system.", "NAME"};
    QCommandLineOption size{"size", "Size of the window.", "WxH"};
    QCommandLineOption screenshot{"screenshot",
                                  "Write a picture of every page in both themes to this directory.", "DIR"};
    QCommandLineOption gather{"gather", "Pictures: how long data gather in the charts before the first (8).",
                              "SECONDS", "8"};
    QCommandLineOption exitAfter{"exit-after", "End by itself after this time.", "SECONDS"};
    QCommandLineOption exportReport{"export-report",
                                    "Write the shard report (.pdf .html .json .csv) and end.", "FILE"};

    QList<QCommandLineOption> all() const
    {
        return {demo,     connect, data, noWorkload, replay, speed,     keepTimes,
                readOnly, theme,   size, screenshot, gather, exitAfter, exportReport};
    }
};

auto wrong(const QString& message)
{
    return backend::fail(ErrorCode::InvalidArgument, message.toStdString());
}

std::filesystem::path pathOf(const QString& text)
{
    return std::filesystem::path(text.toStdString());
}

Result<double> speedOf(const QString& text)
{
    if (text == QLatin1StringView("max")) return 0.0;
    bool ok = false;
    const double speed = text.toDouble(&ok);
    if (!ok || !std::isfinite(speed) || speed <= 0)
        return wrong(QStringLiteral("--speed takes a number above 0, or max; not \"%1\"").arg(text));
    return speed;
}

Result<QSize> sizeOf(const QString& text)
{
    static const QRegularExpression form(QStringLiteral("^(\\d{3,4})x(\\d{3,4})$"));
    const auto match = form.match(text);
    if (!match.hasMatch())
        return wrong(QStringLiteral("--size takes WxH, such as 1920x1080; not \"%1\"").arg(text));
    return QSize(match.captured(1).toInt(), match.captured(2).toInt());
}

Result<std::chrono::seconds> secondsOf(const QCommandLineOption& option, const QCommandLineParser& parser)
{
    bool ok = false;
    const int seconds = parser.value(option).toInt(&ok);
    if (!ok || seconds < 0)
        return wrong(QStringLiteral("--%1 takes a number of seconds").arg(option.names().constFirst()));
    return std::chrono::seconds(seconds);
}

Result<ui::ThemeMode> themeOf(const QString& text)
{
    if (text == QLatin1StringView("light")) return ui::ThemeMode::Light;
    if (text == QLatin1StringView("dark")) return ui::ThemeMode::Dark;
    if (text == QLatin1StringView("system")) return ui::ThemeMode::System;
    return wrong(QStringLiteral("--theme is light, dark or system; not \"%1\"").arg(text));
}

// An option that is given says something: an empty value, from a variable that is not set, must not choose
// another way.
Result<void> checkValues(const QCommandLineParser& parser, const Options& options)
{
    for (const auto& option :
         {options.connect, options.data, options.replay, options.screenshot, options.exportReport})
        if (parser.isSet(option) && parser.value(option).isEmpty())
            return wrong(QStringLiteral("--%1 needs a %2").arg(option.names().first(), option.valueName()));
    return {};
}

Result<void> checkTogether(const QCommandLineParser& parser, const Options& options)
{
    const auto set = [&](const QCommandLineOption& option) { return parser.isSet(option); };
    if (set(options.demo) && set(options.connect))
        return wrong(QStringLiteral("--demo and --connect exclude each other"));
    if (!set(options.demo) && (set(options.data) || set(options.replay)))
        return wrong(QStringLiteral("--data and --replay belong to --demo"));
    if (!set(options.demo) && set(options.noWorkload))
        return wrong(QStringLiteral("--no-workload belongs to --demo"));
    if (set(options.replay) && set(options.noWorkload))
        return wrong(QStringLiteral("--replay brings a crowd of its own: leave --no-workload out"));
    if (!set(options.screenshot) && set(options.gather))
        return wrong(QStringLiteral("--gather belongs to --screenshot"));
    if (!set(options.replay) && (set(options.speed) || set(options.keepTimes)))
        return wrong(QStringLiteral("--speed and --keep-times belong to --replay"));
    if (set(options.replay) && set(options.readOnly))
        return wrong(QStringLiteral("--replay writes and --read-only refuses that: leave one of them out"));
    if (set(options.screenshot) && set(options.exportReport))
        return wrong(QStringLiteral("--screenshot and --export-report exclude each other"));
    return {};
}

Result<void> checkReport(const QString& file)
{
    static const QStringList known{QStringLiteral("pdf"), QStringLiteral("html"), QStringLiteral("htm"),
                                   QStringLiteral("json"), QStringLiteral("csv")};
    if (file.isEmpty() || known.contains(QFileInfo(file).suffix().toLower())) return {};
    return wrong(
        QStringLiteral("--export-report takes a name that ends in .pdf, .html, .json or .csv; not \"%1\"")
            .arg(file));
}

Result<void> readSession(const QCommandLineParser& parser, const Options& options, DesktopOptions& out)
{
    const bool demo = parser.isSet(options.demo), connect = parser.isSet(options.connect);
    if (out.unattended() && !demo && !connect)
        return wrong(QStringLiteral("--screenshot and --export-report need --demo or --connect FILE"));
    out.opens = demo || connect;
    out.connectFile = parser.value(options.connect);
    out.session.kind = connect ? SessionOptions::Kind::Connect : SessionOptions::Kind::Demo;
    out.session.configFile = pathOf(out.connectFile);
    out.session.dataDirectory = pathOf(parser.value(options.data));
    out.session.workload = !parser.isSet(options.noWorkload);
    out.session.replayFile = pathOf(parser.value(options.replay));
    out.session.keepTimes = parser.isSet(options.keepTimes);
    out.session.readOnly = parser.isSet(options.readOnly);
    ROOKERY_ASSIGN(out.session.replaySpeed, speedOf(parser.value(options.speed)));
    return {};
}

Result<void> readWindow(const QCommandLineParser& parser, const Options& options, DesktopOptions& out)
{
    if (parser.isSet(options.theme)) {
        ROOKERY_ASSIGN(out.theme, themeOf(parser.value(options.theme)));
    }
    if (parser.isSet(options.size)) {
        ROOKERY_ASSIGN(out.size, sizeOf(parser.value(options.size)));
        out.sizeGiven = true;
    }
    if (parser.isSet(options.exitAfter)) {
        ROOKERY_ASSIGN(out.exitAfter, secondsOf(options.exitAfter, parser));
    }
    ROOKERY_ASSIGN(out.gather, secondsOf(options.gather, parser));
    return {};
}

} // namespace

Result<DesktopOptions> parseDesktopOptions(const QStringList& arguments)
{
    const Options options;
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral(
        "Runs and watches a fan-out timeline backend. Without an option it asks what to open."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addOptions(options.all());
    if (!parser.parse(arguments)) return wrong(parser.errorText());
    if (parser.isSet(QStringLiteral("help"))) parser.showHelp(0);
    if (parser.isSet(QStringLiteral("version"))) parser.showVersion();
    if (!parser.positionalArguments().isEmpty())
        return wrong(QStringLiteral("\"%1\" is not an option").arg(parser.positionalArguments().first()));
    DesktopOptions out;
    out.screenshotDirectory = parser.value(options.screenshot);
    out.reportFile = parser.value(options.exportReport);
    ROOKERY_TRY(checkValues(parser, options));
    ROOKERY_TRY(checkTogether(parser, options));
    ROOKERY_TRY(checkReport(out.reportFile));
    ROOKERY_TRY(readSession(parser, options, out));
    ROOKERY_TRY(readWindow(parser, options, out));
    return out;
}

} // namespace app
