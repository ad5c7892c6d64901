// One dead letter in full: what it is, its error, and the begin of its payload, of which no more than 64 KiB
// is ever read. Owned by its view; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/bridge/engine_call.h"
#include "ui/models/queue_tables.h"

#include <optional>

class QPlainTextEdit;

namespace ui {

class EngineBridge;
class Label;

class DeadLetterDetails final : public QWidget
{
    Q_OBJECT

public:
    DeadLetterDetails(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    // Empty: none is chosen. The same one again reads nothing anew.
    void show(const std::optional<DeadLetterRow>& row);
    using QWidget::show;

private:
    void build(const Theme& theme);
    void read();
    void take(const backend::DeadLetterPayload& payload);

    EngineBridge& m_bridge;
    std::optional<backend::TaskRef> m_shown;
    EngineCall m_call; // its payload
    Label* m_head = nullptr;
    Label* m_times = nullptr;
    Label* m_error = nullptr;
    Label* m_payloadNote = nullptr;
    QPlainTextEdit* m_payload = nullptr;
};

} // namespace ui
