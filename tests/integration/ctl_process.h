// rookeryctl as a process of a test: what it says line by line, how it ends. Ends with the object. The test's
// thread.
#pragma once

#include "tests/support/child_signal.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStringList>

namespace tests {

class CtlProcess
{
public:
    explicit CtlProcess(const QStringList& arguments)
    {
        m_process.start(QStringLiteral(ROOKERYCTL), arguments);
        m_process.waitForStarted();
    }
    ~CtlProcess()
    {
        if (m_process.state() == QProcess::NotRunning) return;
        m_process.kill();
        m_process.waitForFinished();
    }

    // The next event of that name that satisfies `wanted`; empty when the process ended or a minute passed
    // without it.
    template <class Wanted>
    QJsonObject waitFor(const QString& event, const Wanted& wanted)
    {
        for (int i = 0; i < 600; ++i) {
            while (m_process.canReadLine()) {
                const auto object = QJsonDocument::fromJson(m_process.readLine()).object();
                if (object["event"].toString() == event && wanted(object)) return object;
            }
            if (m_process.state() == QProcess::NotRunning) return {};
            m_process.waitForReadyRead(100);
        }
        return {};
    }
    QJsonObject waitFor(const QString& event)
    {
        return waitFor(event, [](const QJsonObject&) { return true; });
    }

    // Waits until it has blocked SIGTERM in order to wait for it; before that the signal would just kill it.
    bool takesSignals()
    {
        for (int i = 0; i < 600 && m_process.state() != QProcess::NotRunning; ++i) {
            QFile status(QStringLiteral("/proc/%1/status").arg(m_process.processId()));
            if (status.open(QIODevice::ReadOnly))
                for (const auto& line : status.readAll().split('\n'))
                    if (line.startsWith("SigBlk:") &&
                        (line.mid(7).trimmed().toULongLong(nullptr, 16) >> (SIGTERM - 1) & 1))
                        return true;
            m_process.waitForFinished(100);
        }
        return false;
    }
    // False when it has ended already.
    bool signal(int number) { return signalChild(m_process, number); }
    // The exit code; -1 when it did not end by itself, -2 when it was killed.
    int exitCode(int patienceMs = 60'000)
    {
        if (m_process.state() != QProcess::NotRunning && !m_process.waitForFinished(patienceMs)) return -1;
        return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -2;
    }
    QByteArray output() { return m_process.readAllStandardOutput(); }
    QByteArray errors() { return m_process.readAllStandardError(); }

private:
    QProcess m_process;
};

struct CtlOutcome
{
    int exitCode = -1;
    QByteArray output, errors;
    QJsonObject json() const { return QJsonDocument::fromJson(output).object(); }
};

inline CtlOutcome runCtl(const QStringList& arguments)
{
    CtlProcess ctl(arguments);
    const int code = ctl.exitCode(120'000);
    return {code, ctl.output(), ctl.errors()};
}

} // namespace tests
