#!/bin/sh
# Make the namespace if it is not there yet. A failure ends the container, and compose starts it again.
set -eu

if temporal operator namespace describe --namespace "$NAMESPACE" --address "$TEMPORAL_ADDRESS" >/dev/null 2>&1; then
    echo "The namespace $NAMESPACE is there."
    exit 0
fi
temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION" --address "$TEMPORAL_ADDRESS"
