// Findings of the doctor as a table, and the chosen one in full: what was measured, what to do, and the exact
// command, to be copied. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/models/node_tables.h"

namespace ui {

class HintedTable;
class Label;

class FindingsView final : public QWidget
{
    Q_OBJECT

public:
    // name: the table's object name; the chosen one's texts are name + "Advice" and name + "Command".
    FindingsView(const Theme& theme, const char* name, QWidget* parent);

    void setFindings(std::vector<backend::CheckFinding> findings, const QString& hint);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void showCurrent();

    FindingModel* m_model = nullptr;
    HintedTable* m_table = nullptr;
    Label* m_advice = nullptr;
    Label* m_command = nullptr;
    bool m_setting = false;
    bool m_picked = false; // somebody chose a finding: it stays chosen
};

} // namespace ui
