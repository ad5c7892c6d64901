#include "tests/integration/doctor_fixture.h"

#include "backend/common/config.h"

#include <algorithm>

namespace tests {

void DoctorFixture::start()
{
    m_session = openDemo();
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->engine().monitor().snapshot()->engines.empty(), 60'000);
}

void DoctorFixture::begin()
{
    m_inputs.limits = {};
    m_inputs.limits.nodePatience = m_inputs.limits.nodeTime = 20s; // a busy machine is no finding
    m_inputs.directory = {0, "directory", NodeKind::Postgres,
                          take(readClusterToml(m_session->configFile())).directoryAddress};
    m_inputs.knownNodes.clear();
    m_inputs.hostRoot = "/nowhere";
}

QString DoctorFixture::owner(const QString& name) const
{
    for (const auto& node : m_session->servers()->nodes())
        if (node.name == name.toStdString()) return QString::fromStdString(node.ownerAddress);
    return {};
}

QString DoctorFixture::address(const QString& name) const
{
    for (const auto& node : m_session->servers()->nodes())
        if (node.name == name.toStdString()) return QString::fromStdString(node.address);
    return {};
}

void DoctorFixture::run(const QString& node, const QString& commands) const
{
    for (const auto& command : commands.split(QLatin1Char('\n'))) {
        const auto answer = node.startsWith(QStringLiteral("pg")) ? sql(owner(node), command)
                                                                  : redis(address(node), command.toLatin1());
        QVERIFY2(!answer.startsWith(QStringLiteral("error")) && !answer.startsWith(QLatin1Char('-')),
                 qPrintable(command + ": " + answer));
    }
}

const CheckFinding* DoctorFixture::find(const Checkup& checkup, const std::string& node,
                                        const std::string& check)
{
    const auto found = std::find_if(checkup.findings.begin(), checkup.findings.end(),
                                    [&](const auto& f) { return f.node == node && f.check == check; });
    return found == checkup.findings.end() ? nullptr : &*found;
}

QString DoctorFixture::texts(const Checkup& checkup)
{
    QString out;
    for (const auto& f : checkup.findings)
        out += QString::fromStdString(std::string(toString(f.severity)) + " " + f.node + " " + f.check +
                                      ": " + f.measured + "\n");
    return out;
}

} // namespace tests
