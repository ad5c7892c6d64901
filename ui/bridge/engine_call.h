// One call of the engine that was asked for: what whoever asked keeps, to take it back. Copies are the same
// call. GUI thread only.
#pragma once

#include <memory>
#include <utility>

namespace ui {

class EngineCall
{
public:
    EngineCall() = default; // none
    explicit EngineCall(std::shared_ptr<bool> wanted)
        : m_wanted(std::move(wanted))
    {
    }

    // Nobody waits for it any more: if it has not begun it does not begin, and its answer is dropped.
    void cancel()
    {
        if (const auto wanted = std::exchange(m_wanted, nullptr)) *wanted = false;
    }

private:
    std::shared_ptr<bool> m_wanted;
};

} // namespace ui
