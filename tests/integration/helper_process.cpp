#include "tests/integration/helper_process.h"

#include "tests/support/child_signal.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace tests {
namespace {

constexpr int kPatienceMs = 60'000;
constexpr unsigned kOrdinaryUser = 65534;  // "nobody": no home, no privilege
constexpr unsigned kNamelessUser = 54'321; // in no /etc/passwd

QStringList statusFields(int pid)
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!file.open(QIODevice::ReadOnly)) return {};
    const QString text = QString::fromLocal8Bit(file.readAll());
    return text.mid(text.lastIndexOf(QLatin1Char(')')) + 2).split(QLatin1Char(' ')); // state, parent, …
}

bool sendAll(int socket, const QByteArray& bytes)
{
    return send(socket, bytes.constData(), std::size_t(bytes.size()), MSG_NOSIGNAL) == bytes.size();
}

} // namespace

HelperProcess::HelperProcess(As as)
    : m_place(QDir::tempPath() + QStringLiteral("/rookery-test-XXXXXX"))
    , m_as(as)
{
    chmod(m_place.path().toLocal8Bit().constData(), 0755);
    m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    if (m_as != As::ThisUser) m_environment.insert(QStringLiteral("HOME"), QStringLiteral("/nonexistent"));
}

HelperProcess::~HelperProcess()
{
    if (m_process.state() != QProcess::NotRunning) {
        m_process.closeWriteChannel();
        if (!m_process.waitForFinished(10'000)) killHard();
    }
    for (const int pid : m_pids)
        if (QFile::symLinkTarget(QStringLiteral("/proc/%1/cwd").arg(pid)).startsWith(m_directory))
            kill(pid, SIGKILL);
}

QString HelperProcess::makeDirectory(const QString& name)
{
    const QString path = m_place.filePath(name);
    if (!QDir().mkpath(path)) return {};
    const bool give = m_as == As::OrdinaryUser && geteuid() == 0; // a test run by root
    for (QString at = path; at != m_place.path(); at = QFileInfo(at).path())
        if (give && chown(at.toLocal8Bit().constData(), kOrdinaryUser, kOrdinaryUser) != 0) return {};
    return path;
}

bool HelperProcess::launch(const QStringList& arguments)
{
    // A copy, because the build tree may lie where only its owner can go.
    const QString program = m_place.filePath(QStringLiteral("embedded_helper"));
    if (!QFile::exists(program) &&
        !QFile::copy(QCoreApplication::applicationDirPath() + QStringLiteral("/embedded_helper"), program))
        return false;
    chmod(program.toLocal8Bit().constData(), 0755);
    m_process.setProcessEnvironment(m_environment);
    m_process.setWorkingDirectory(QStringLiteral("/"));
    const QString user = QString::number(m_as == As::NamelessUser ? kNamelessUser : kOrdinaryUser);
    if (m_as != As::ThisUser && geteuid() == 0)
        m_process.start(QStringLiteral("setpriv"),
                        QStringList{QStringLiteral("--reuid=") + user, QStringLiteral("--regid=") + user,
                                    QStringLiteral("--clear-groups"), program} +
                            arguments);
    else
        m_process.start(program, arguments);
    return m_process.waitForStarted();
}

bool HelperProcess::readUntil(const QString& word)
{
    while (m_process.canReadLine() || m_process.waitForReadyRead(kPatienceMs)) {
        while (m_process.canReadLine()) {
            const QString line = QString::fromLocal8Bit(m_process.readLine()).trimmed();
            m_output += line + QLatin1Char('\n');
            if (line.startsWith(QStringLiteral("directory "))) m_directory = line.mid(10);
            if (line.startsWith(QStringLiteral("node "))) {
                const QStringList parts = line.split(QLatin1Char(' '));
                m_addresses[parts[1]] = line.section(QLatin1Char(' '), 3);
                m_pids.push_back(parts[2].toInt());
            }
            if (line == word) return true;
        }
    }
    m_process.waitForFinished(kPatienceMs);
    return false;
}

bool HelperProcess::command(const QString& line)
{
    m_process.write(line.toLocal8Bit() + '\n');
    return readUntil(QStringLiteral("done ") + line);
}

bool HelperProcess::stop()
{
    m_process.closeWriteChannel();
    return readUntil(QStringLiteral("stopped")) && m_process.waitForFinished(kPatienceMs) &&
           m_process.exitCode() == 0;
}

void HelperProcess::killHard()
{
    signalChild(m_process, SIGKILL);
    m_process.waitForFinished(kPatienceMs);
}

char processState(int pid)
{
    const QStringList fields = statusFields(pid);
    if (fields.size() < 2 || fields[0] == QStringLiteral("Z") || fields[0] == QStringLiteral("X")) return 0;
    return fields[0].at(0).toLatin1();
}

bool anyAlive(const std::vector<int>& pids)
{
    return std::any_of(pids.begin(), pids.end(), [](int pid) { return processState(pid) != 0; });
}

std::vector<int> withChildren(const std::vector<int>& pids)
{
    std::vector<int> all = pids;
    for (const QString& name : QDir(QStringLiteral("/proc")).entryList(QDir::Dirs)) {
        bool number = false;
        const int pid = name.toInt(&number);
        const QStringList fields = number ? statusFields(pid) : QStringList();
        if (fields.size() > 1 && std::find(pids.begin(), pids.end(), fields[1].toInt()) != pids.end())
            all.push_back(pid);
    }
    return all;
}

unsigned userOf(int pid)
{
    return QFileInfo(QStringLiteral("/proc/%1").arg(pid)).ownerId();
}

QString sql(const QString& address, const QString& statement)
{
    QProcess psql;
    psql.setProcessChannelMode(QProcess::MergedChannels);
    psql.start(QStringLiteral("psql"),
               {QStringLiteral("-XAtq"), QStringLiteral("-d"), address, QStringLiteral("-c"), statement});
    if (!psql.waitForFinished(kPatienceMs)) return QStringLiteral("error: psql did not end");
    const QString output = QString::fromUtf8(psql.readAll()).trimmed();
    return psql.exitCode() == 0 ? output : QStringLiteral("error: ") + output;
}

QString redis(const QString& address, const QByteArray& command, int patienceMs)
{
    const QByteArray path = address.mid(int(std::strlen("unix://"))).toLocal8Bit();
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un target{};
    target.sun_family = AF_UNIX;
    std::strncpy(target.sun_path, path.constData(), sizeof target.sun_path - 1);
    const timeval patience{patienceMs / 1000, (patienceMs % 1000) * 1000};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char answer[256];
    ssize_t got = -1;
    if (connect(socket, reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0 &&
        sendAll(socket, command + "\r\n"))
        got = recv(socket, answer, sizeof answer, 0);
    close(socket);
    return got > 0 ? QString::fromLatin1(answer, int(got)).trimmed() : QString();
}

} // namespace tests
