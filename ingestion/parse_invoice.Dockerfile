# parse_invoice as a container image: the very files of its zip and its layer.
#
#   make build
#   docker build --platform linux/arm64 -f ingestion/parse_invoice.Dockerfile -t REPOSITORY:TAG dist
#
# docs/deploy.md, "parse_invoice from an image", says where to push it.
FROM public.ecr.aws/lambda/python:3.12 AS unpacked
COPY functions/parse_invoice.zip layers/ingestion.zip /zips/
RUN python -m zipfile -e /zips/ingestion.zip /layer \
 && python -m zipfile -e /zips/parse_invoice.zip /task

FROM public.ecr.aws/lambda/python:3.12
COPY --from=unpacked /layer/python ${LAMBDA_TASK_ROOT}/
COPY --from=unpacked /task ${LAMBDA_TASK_ROOT}/
CMD ["ingestion.parse_invoice.handler"]
