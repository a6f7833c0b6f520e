"""The smallest files of which plans can be made: one entry, one part, one drill."""

ENTRY = 'entries: {app: {url: "http://127.0.0.1:1"}}'
PARTS = "components: {node: {kind: shell, entry: app, kill: 'true', restore: 'true'}}"
DRILL = """\
load: {users: {rate: 50/s, journey: {home: {get: /}}}}
drills: {lose: {fault: {kind: component-kill, component: node}, repeat: 1}}
targets: {failover: {drill: lose, error_window: <= 1 s, load: users}}
"""
TARGETS = "targets: {availability: {at_least: 99 %}}"
