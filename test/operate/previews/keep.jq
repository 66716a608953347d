# What is read of the events of a preview, and no more: of the lab's stack there are 2 MB. Kept by
#   PULUMI_DEBUG_COMMANDS=true lab/pulumi preview --config-file CHANGED --event-log >(
#       grep -E '"(resourcePreEvent|resOutputsEvent|summaryEvent)":|"severity":"(error|warning)"' |
#           jq --compact-output --from-file test/operate/previews/keep.jq >test/operate/previews/NAME.events)

def state($isStack):
    if . then {
        custom: (.custom // false),
        inputs: (.inputs | with_entries(select(.key == "stdin"))),
        outputs: (if $isStack then .outputs else {} end)
    } else . end;

def step:
    (.type == "pulumi:pulumi:Stack") as $isStack
    | { op, urn, type, old: (.old | state($isStack)), new: (.new | state($isStack)), detailedDiff };

if .resourcePreEvent then
    .resourcePreEvent.metadata | select(.op != "same") | { resourcePreEvent: { metadata: step } }
elif .resOutputsEvent then
    .resOutputsEvent.metadata | select(.type == "pulumi:pulumi:Stack") | { resOutputsEvent: { metadata: step } }
else
    del(.sequence, .timestamp)
end
