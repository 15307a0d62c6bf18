"""The checks behind `drumbeat check`: each module looks at one part of a plan and yields findings."""
