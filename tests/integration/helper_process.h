// Runs embedded_helper as this user or, when the tests run as root, as an ordinary one, and watches its
// servers' pids. Owned by one test function.
#pragma once

#include <QProcess>
#include <QProcessEnvironment>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

#include <map>
#include <string>
#include <vector>

namespace tests {

class HelperProcess
{
public:
    enum class As { ThisUser, OrdinaryUser, NamelessUser };

    explicit HelperProcess(As as = As::ThisUser);
    ~HelperProcess(); // stops it, and kills what does not stop

    // A directory that the helper's user owns, gone with this object.
    QString makeDirectory(const QString& name);
    void setEnvironment(const QString& name, const QString& value) { m_environment.insert(name, value); }

    // start() is launch() and waitReady(): false on "error …" (see output()).
    bool start(const QStringList& arguments) { return launch(arguments) && waitReady(); }
    bool launch(const QStringList& arguments);
    bool waitReady() { return readUntil(QStringLiteral("ready")); }
    bool command(const QString& line); // "pause"
    bool stop();                       // ends its input and waits for "stopped"
    void killHard();                   // SIGKILL, and reaps it

    QString output() const { return m_output; }
    QString directory() const { return m_directory; }
    QString address(const QString& node) const { return m_addresses.at(node); }
    std::vector<int> serverPids() const { return m_pids; }

private:
    bool readUntil(const QString& word);
    QTemporaryDir m_place;
    As m_as;
    QProcessEnvironment m_environment = QProcessEnvironment::systemEnvironment();
    QProcess m_process;
    QString m_output, m_directory;
    std::map<QString, QString> m_addresses;
    std::vector<int> m_pids;
};

// 'R', 'S', 'T' (stopped) …; 0 when it has ended (a zombie has).
char processState(int pid);
// Wait for false (QTRY_VERIFY): a dying process has left its directory shortly before it is gone.
bool anyAlive(const std::vector<int>& pids);
// Every process that has one of these as its parent, and they themselves.
std::vector<int> withChildren(const std::vector<int>& pids);
unsigned userOf(int pid);

// psql with a connection string: its output, or "error: …".
QString sql(const QString& address, const QString& statement);
// The answer of a Redis node on "unix://PATH", "" when there is none within the patience.
QString redis(const QString& address, const QByteArray& command, int patienceMs = 5000);

} // namespace tests
