#include "backend/store/statement_cache.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace backend {
namespace {

constexpr std::uint32_t kWorth = 2;             // uses
constexpr std::uint32_t kTimesAsOften = 4;      // as the one it replaces
constexpr std::uint32_t kHalvedEvery = 1 << 17; // uses: so long ago weighs half
constexpr std::size_t kMostCounted = 1 << 14;   // texts

std::size_t hashOf(std::string_view sql)
{
    return std::hash<std::string_view>{}(sql);
}

} // namespace

StatementCache::StatementCache(std::size_t most)
    : m_most(most)
{
}

std::uint32_t StatementCache::countOf(std::string_view sql) const
{
    const auto found = m_counts.find(hashOf(sql));
    return found == m_counts.end() ? 0 : found->second;
}

void StatementCache::used(std::string_view sql)
{
    ++m_counts[hashOf(sql)];
    if (++m_sinceHalving >= kHalvedEvery || m_counts.size() > kMostCounted) halve();
}

void StatementCache::halve()
{
    for (auto& [hash, count] : m_counts)
        count /= 2;
    std::erase_if(m_counts, [](const auto& entry) { return entry.second == 0; });
    m_least /= 2;
    m_sinceHalving = 0;
}

const std::string* StatementCache::nameOf(const std::string& sql) const
{
    const auto found = m_prepared.find(sql);
    return found == m_prepared.end() ? nullptr : &found->second;
}

bool StatementCache::worthPreparing(const std::string& sql)
{
    const auto count = countOf(sql);
    if (count < kWorth) return false;
    if (m_prepared.size() < m_most) return true;
    if (count < kTimesAsOften * (m_least + 1)) return false;
    m_least = std::numeric_limits<std::uint32_t>::max(); // it may have become more since
    for (const auto& [text, name] : m_prepared)
        m_least = std::min(m_least, countOf(text));
    return count >= kTimesAsOften * (m_least + 1);
}

StatementCache::Prepared::const_iterator StatementCache::leastUsed() const
{
    if (m_prepared.size() < m_most) return m_prepared.end();
    return std::min_element(m_prepared.begin(), m_prepared.end(), [this](const auto& a, const auto& b) {
        return countOf(a.first) < countOf(b.first);
    });
}

std::string StatementCache::toDrop() const
{
    const auto least = leastUsed();
    return least == m_prepared.end() ? std::string() : least->second;
}

void StatementCache::add(const std::string& sql, std::string name)
{
    if (const auto least = leastUsed(); least != m_prepared.end()) m_prepared.erase(least);
    m_prepared.insert_or_assign(sql, std::move(name));
    m_least = std::min(m_least, countOf(sql));
}

void StatementCache::clear()
{
    m_prepared.clear();
    m_least = 0;
}

} // namespace backend
