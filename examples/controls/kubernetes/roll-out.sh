#!/bin/sh
# Rolls an image out and waits until all of it is there. Not run in our CI.
# roll-out.sh CONTEXT NAMESPACE DEPLOYMENT IMAGE; the container has the name of the deployment.
set -eu
kubectl --context "$1" --namespace "$2" set image "deployment/$3" "$3=$4"
kubectl --context "$1" --namespace "$2" rollout status "deployment/$3" --timeout=110s
