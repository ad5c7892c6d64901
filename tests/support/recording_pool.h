// A pool that notes every statement sent over its connections and passes it on. Owned by a test; one thread.
#pragma once

#include "backend/common/sql.h"

#include <memory>
#include <string>
#include <vector>

namespace tests {

class RecordingConnection final : public backend::SqlConnection
{
public:
    RecordingConnection(backend::SqlPool::Lease real, std::vector<backend::SqlStatement>& sent)
        : m_real(std::move(real))
        , m_sent(sent)
    {
    }
    backend::Result<backend::SqlRows> execute(std::string_view sql, const backend::SqlParameters& parameters,
                                              backend::Deadline deadline) override
    {
        m_sent.push_back({std::string(sql), parameters});
        return m_real->execute(sql, parameters, deadline);
    }
    backend::Result<void> start(const std::vector<backend::SqlStatement>& statements,
                                backend::Deadline deadline) override
    {
        m_sent.insert(m_sent.end(), statements.begin(), statements.end());
        return m_real->start(statements, deadline);
    }
    backend::Result<std::vector<backend::SqlRows>> finish() override { return m_real->finish(); }
    backend::Result<void> executeScript(std::string_view script, backend::Deadline deadline) override
    {
        m_sent.push_back({std::string(script), {}});
        return m_real->executeScript(script, deadline);
    }
    backend::Result<std::size_t> copyIn(std::string_view table, const std::vector<std::string>& columns,
                                        const std::vector<backend::SqlParameters>& rows,
                                        backend::Deadline deadline) override
    {
        return m_real->copyIn(table, columns, rows, deadline);
    }
    backend::Result<void> begin(backend::Deadline deadline) override { return m_real->begin(deadline); }
    backend::Result<void> commit(backend::Deadline deadline) override { return m_real->commit(deadline); }
    void rollback() noexcept override { m_real->rollback(); }
    int backendPid() const override { return m_real->backendPid(); }
    bool usable() const override { return m_real->usable(); }
    const std::string& nodeName() const override { return m_real->nodeName(); }

private:
    backend::SqlPool::Lease m_real;
    std::vector<backend::SqlStatement>& m_sent;
};

class RecordingPool final : public backend::SqlPool
{
public:
    RecordingPool(std::unique_ptr<backend::SqlPool> real, std::vector<backend::SqlStatement>& sent)
        : m_real(std::move(real))
        , m_sent(sent)
    {
    }
    backend::Result<Lease> lease(backend::Deadline deadline) override
    {
        ROOKERY_ASSIGN(auto real, m_real->lease(deadline));
        return Lease(new RecordingConnection(std::move(real), m_sent), backend::SqlLeaseReturner{this});
    }
    void giveBack(backend::SqlConnection* connection) noexcept override { delete connection; }
    backend::SqlPoolStatistics statistics() const override { return m_real->statistics(); }
    const std::string& nodeName() const override { return m_real->nodeName(); }

private:
    std::unique_ptr<backend::SqlPool> m_real;
    std::vector<backend::SqlStatement>& m_sent;
};

} // namespace tests
