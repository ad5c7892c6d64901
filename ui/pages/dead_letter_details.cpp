#include "ui/pages/dead_letter_details.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QPlainTextEdit>
#include <QVBoxLayout>

namespace ui {
namespace {

constexpr int kLongestError = 600; // letters of it here; the list's tool tip has all

} // namespace

DeadLetterDetails::DeadLetterDetails(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_bridge(bridge)
{
    build(theme);
    show(std::nullopt);
}

void DeadLetterDetails::build(const Theme& theme)
{
    const auto label = [&](const char* name, FontRole role, Tone tone) {
        auto* out = new Label(theme, role, tone, this);
        out->setObjectName(QLatin1String(name));
        out->setWordWrap(true);
        out->setTextFormat(Qt::PlainText);
        out->setTextInteractionFlags(Qt::TextSelectableByMouse);
        return out;
    };
    m_head = label("deadLetterHead", FontRole::Strong, Tone::Normal);
    m_times = label("deadLetterTimes", FontRole::Small, Tone::Muted);
    m_error = label("deadLetterError", FontRole::Body, Tone::Critical);
    m_payloadNote = label("deadLetterPayloadNote", FontRole::Small, Tone::Muted);
    m_payload = new QPlainTextEdit(this);
    m_payload->setObjectName(QStringLiteral("deadLetterPayload"));
    m_payload->setAccessibleName(tr("Begin of the payload"));
    m_payload->setReadOnly(true);
    m_payload->setTabChangesFocus(true);
    m_payload->setFont(theme.font(FontRole::Mono));
    m_payload->setUndoRedoEnabled(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kSpacingSmall, 0, 0, 0);
    layout->setSpacing(kSpacingTiny);
    for (auto* part : {m_head, m_times, m_error, m_payloadNote})
        layout->addWidget(part);
    layout->addWidget(m_payload, 1);
}

void DeadLetterDetails::show(const std::optional<DeadLetterRow>& row)
{
    for (auto* part : {m_times, m_error, m_payloadNote})
        part->setVisible(row.has_value());
    m_payload->setVisible(row.has_value());
    if (!row) {
        m_shown.reset();
        m_head->setText(tr("Choose a dead letter to see its error and the begin of its payload."));
        return;
    }
    const auto& letter = row->letter;
    m_head->setText(tr("%1, task %2 on %3, logical shard %4")
                        .arg(kindText(letter.kind))
                        .arg(letter.ref.id)
                        .arg(row->node)
                        .arg(letter.shard));
    m_times->setText(
        tr("Committed %1, given up %2 after %3 attempts")
            .arg(formatTime(letter.createdAt), formatTime(letter.diedAt), formatCount(letter.attempts)));
    m_error->setText(breakable(QString::fromStdString(letter.error).left(kLongestError)));
    if (m_shown == letter.ref) return;
    m_shown = letter.ref;
    read();
}

void DeadLetterDetails::read()
{
    m_payload->clear();
    m_payloadNote->setText(tr("Reading the payload…"));
    m_call.cancel(); // whoever holds the down key wants the last one
    m_call = m_bridge.call(
        this,
        [task = *m_shown](backend::Engine& engine) { return requests::deadLetterPayload(engine, task); },
        [this, task = *m_shown](backend::Result<backend::DeadLetterPayload> payload) {
            if (m_shown != task) return; // another one was chosen meanwhile
            if (payload)
                take(*payload);
            else
                m_payloadNote->setText(tr("The payload could not be read: %1")
                                           .arg(QString::fromStdString(payload.error().message)));
        });
}

void DeadLetterDetails::take(const backend::DeadLetterPayload& payload)
{
    const auto shown = std::int64_t(payload.preview.size());
    m_payloadNote->setText(
        shown < payload.bytes
            ? tr("Payload: %1, of which the first %2").arg(formatBytes(payload.bytes), formatBytes(shown))
            : tr("Payload: %1").arg(formatBytes(payload.bytes)));
    m_payload->setPlainText(QString::fromStdString(payload.preview));
}

} // namespace ui
