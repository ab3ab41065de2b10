import { readdirSync, readFileSync } from 'node:fs'
import type {
  PothosEnumTypeConfig,
  PothosInputFieldConfig,
  PothosOutputFieldConfig,
  PothosTypeConfig,
  SchemaTypes,
} from '@pothos/core'
import SchemaBuilder, { BasePlugin } from '@pothos/core'
import type { GraphQLSchema } from 'graphql'
import { buildSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql'

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      descriptions: DescriptionsPlugin<Types>
    }
  }
}

/** The contract: what `schema/*.graphql` says. */
export function readContract(): GraphQLSchema {
  const folder = new URL('../../schema/', import.meta.url)
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
  return buildSchema(files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n'))
}

const contract = readContract()

/** Copies every description from the contract, so that code has none and the running schema has them all. */
export class DescriptionsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onTypeConfig(config: PothosTypeConfig): PothosTypeConfig {
    const described = { ...config, description: contract.getType(config.name)?.description ?? null }
    return described.kind === 'Enum' ? { ...described, values: describeValues(described) } : described
  }

  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    return { ...config, description: findField(config.parentType, config.name)?.description ?? null }
  }

  override onInputFieldConfig(config: PothosInputFieldConfig<Types>): PothosInputFieldConfig<Types> {
    const { parentType, parentField, name } = config
    const type = contract.getType(parentType)
    const found =
      parentField === undefined
        ? isInputObjectType(type) && type.getFields()[name]
        : findField(parentType, parentField)?.args.find((arg) => arg.name === name)
    return { ...config, description: (found && found.description) || null }
  }
}

SchemaBuilder.registerPlugin('descriptions', DescriptionsPlugin)

function describeValues({ name, values }: PothosEnumTypeConfig): PothosEnumTypeConfig['values'] {
  const type = contract.getType(name)
  if (!isEnumType(type)) return values
  return Object.fromEntries(
    Object.entries(values).map(([value, config]) => [
      value,
      { ...config, description: type.getValue(value)?.description ?? null },
    ]),
  )
}

function findField(typeName: string, fieldName: string) {
  const type = contract.getType(typeName)
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[fieldName] : undefined
}
