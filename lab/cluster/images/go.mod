module external-prometheus/lab/images

go 1.26
